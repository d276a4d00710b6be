"""Chinese and Japanese writing brought to one form: simplified hanzi, pinyin, kana in Latin letters.

Takes runs of hanzi or kana; gives the same run in simplified hanzi, its syllables without tones, or its romaji. Pinyin is a
reading, never a translation: 动力 is `dongli` here and `propulsion` only in the glossary. The libraries load on first use,
so a list without hanzi never pays for them.
"""

from functools import lru_cache
from typing import Any

from chipledger.parties.normal import optional

# Japanese short forms that are neither traditional nor simplified hanzi, each before its simplified form.
_JAPANESE = (
    "気气 発发 広广 戦战 売卖 読读 変变 団团 図图 対对 応应 実实 拡扩 検检 険险 権权 観观 関关 鉱矿 鉄铁 銭钱 録录 鋳铸 両两 "
    "乗乘 亜亚 児儿 価价 仏佛 伝传 体体 処处 労劳 営营 歯齿 歳岁 歴历 残残 桜樱 様样 楽乐 浜滨 渋涩 済济 湾湾 満满 焼烧 猟猎 "
    "獣兽 産产 画画 県县 真真 砕碎 称称 稲稻 穂穗 絵绘 経经 継继 続续 緑绿 縄绳 繊纤 聴听 脳脑 臓脏 薬药 蛍萤 装装 覚觉 訳译 "
    "証证 豊丰 賛赞 践践 軽轻 転转 辺边 逓递 遅迟 郷乡 酔醉 釈释 鎮镇 闘斗 隠隐 雑杂 霊灵 頼赖 顕显 駅驿 駆驱 髄髓 鶏鸡 黒黑 "
    "斉齐 剤剂 圏圈 圧压 囲围 塩盐 壊坏 壱壹 壌壤 嬢娘 寛宽 専专 将将 巌岩 帯带 帰归 庁厅 弐贰 弾弹 従从 徴征 恵惠 悩恼 懐怀 "
    "択择 担担 拠据 挙举 挿插 捜搜 摂摄 撃击 斎斋 暁晓 暦历 曽曾 栄荣 条条 査查 欧欧 歓欢 殴殴 毎每 浄净 涙泪 渓溪 滝泷 沢泽 "
    "犠牺 畳叠 痴痴 禅禅 竜龙 粛肃 縦纵 聡聪 艶艳 荘庄 虚虚 衛卫 補补 製制 誉誉 諸诸 譲让 賓宾 酸酸 醸酿 鋭锐 錬炼 陥陷 随随 "
    "頬颊 顔颜 館馆 駄驮 齢龄 塁垒 機机 総总 練练 鉛铅 銃铳 舗铺 継继 効效 勅敕 励励 勧劝 勲勋 巣巢 搭搭 枢枢 渉涉 粋粹 結结"
)  # fmt: skip
_SHINJITAI = str.maketrans({pair[0]: pair[1] for pair in _JAPANESE.split()})


@lru_cache(maxsize=1)
def _to_simplified() -> Any:
    return optional("opencc").OpenCC("t2s")


@lru_cache(maxsize=1)
def _pinyin() -> Any:
    return optional("pypinyin").lazy_pinyin


@lru_cache(maxsize=1 << 15)
def simplified(text: str) -> str:
    """Hanzi in simplified form, from traditional Chinese or Japanese.

    >>> simplified("航空宇宙技術研究開発機構"), simplified("銳元科技"), simplified("広州")
    ('航空宇宙技术研究开发机构', '锐元科技', '广州')
    """
    return str(_to_simplified().convert(text.translate(_SHINJITAI)))


@lru_cache(maxsize=1 << 15)
def syllables(hanzi: str) -> tuple[str, ...]:
    """The pinyin of simplified hanzi, a syllable a character, without tones, ü as u.

    >>> syllables("重庆长城")
    ('chong', 'qing', 'chang', 'cheng')
    """
    return tuple(one.replace("ü", "u").replace("v", "u") for one in _pinyin()(hanzi))


@lru_cache(maxsize=1 << 12)
def romaji(kana: str) -> str:
    """Kana in Latin letters.

    >>> romaji("バラク")
    'baraku'
    """
    return str(optional("anyascii").anyascii(kana)).lower()
