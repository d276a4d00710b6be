(function () {
  "use strict";
  var form = document.getElementById("filters");
  var bodies = Array.from(document.querySelectorAll("table.findings > tbody"));
  var texts = new Map();
  function words(body) {
    if (!texts.has(body)) texts.set(body, body.textContent.toLowerCase());
    return texts.get(body);
  }
  function fits(body, asked) {
    return ["organisation", "chip", "purpose"].every(function (name) {
      return asked[name] === "*" || body.dataset[name] === asked[name];
    }) && asked.text.every(function (word) { return words(body).includes(word); });
  }
  function filter() {
    var asked = { text: form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean) };
    ["organisation", "chip", "purpose"].forEach(function (name) { asked[name] = form.elements[name].value; });
    var shown = 0;
    bodies.forEach(function (body) {
      body.hidden = !fits(body, asked);
      shown += body.hidden ? 0 : 1;
    });
    document.querySelectorAll("table.findings").forEach(function (table) {
      table.hidden = !table.querySelector("tbody:not([hidden])");
    });
    form.querySelector("output").value = shown + " of " + bodies.length;
  }
  function reveal() {
    var target = document.getElementById(location.hash.slice(1));
    var body = target && target.closest("tbody");
    if (!body) return;
    if (body.hidden) { form.reset(); filter(); }
    body.querySelector("details").open = true;
    target.scrollIntoView({ block: "center" });
  }
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () { setTimeout(filter); });
  window.addEventListener("hashchange", reveal);
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("tbody:not([hidden]) details").forEach(function (one) { one.open = true; });
  });
  filter();
  reveal();
})();
