"use strict";
(() => {
  const timeline = document.querySelector("figure.timeline");
  timeline.scrollLeft = timeline.scrollWidth;

  const claims = [...document.querySelectorAll("details.claim")];
  const unfold = () => {
    const claim = claims.find((one) => `#${one.id}` === location.hash);
    if (!claim) return;
    claim.open = true;
    claim.scrollIntoView();
  };
  window.addEventListener("hashchange", unfold);
  window.addEventListener("beforeprint", () => claims.forEach((one) => (one.open = true)));
  unfold();

  const form = document.getElementById("filters");
  if (!form) return;
  const rows = [...document.querySelectorAll("tbody[data-chip]")];
  const shown = document.getElementById("shown");
  const text = rows.map((row) => row.textContent.toLowerCase());

  const apply = () => {
    const wanted = new FormData(form);
    const words = (wanted.get("text") || "").toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, place) => {
      const fits = ["chip", "organisation", "purpose"].every(
        (name) => !wanted.get(name) || row.dataset[name] === wanted.get(name)
      ) && words.every((word) => text[place].includes(word));
      row.hidden = !fits;
      count += fits ? 1 : 0;
    });
    shown.textContent = count === rows.length ? `${count} findings` : `${count} of ${rows.length} findings`;
  };

  const follow = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const row = target && target.closest("tbody[data-chip]");
    if (!row) return;
    if (row.hidden) {
      form.reset();
      apply();
    }
    row.querySelector("details").open = true;
    target.scrollIntoView();
  };

  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", follow);
  window.addEventListener("beforeprint", () => rows.forEach((row) => (row.querySelector("details").open = true)));
  apply();
  follow();
})();
