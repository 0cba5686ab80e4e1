"""Pinyin of names, for search on phones (MIT-licensed pypinyin; loaded at first use: its dictionary is
large)."""


def pinyin_of(name: str) -> tuple[str, str]:
    """(full pinyin, initials) of a name, lower case, letters and digits only: 汪德海 → wangdehai, wdh."""
    from pypinyin import Style, lazy_pinyin

    full = lazy_pinyin(name, style=Style.NORMAL, v_to_u=False)
    words = ["".join(c for c in word.lower() if c.isalnum()) for word in full]
    return "".join(words), "".join(word[:1] for word in words if word)
