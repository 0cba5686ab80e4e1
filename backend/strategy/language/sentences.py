"""What may be wrong with a catalogue, by code: a sentence for it in English and in Chinese.

`python -m backend.strategy.language.sentences` writes the app's copy. A value called `type`, `other`,
`wanted` or `types` is a type, which the app says in the reader's words. No `@` and no `|`: the app's texts
mean something by them.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

#: (English, Chinese)
SENTENCES: Mapping[str, tuple[str, str]] = {
    # names
    "unknown": ("{name} is not known here", "不认得 {name}"),
    "unknown_of": ("{key} {name} is not known", "{key} 里写的 {name} 没有"),
    "no_number_name": ("{name} is no number known here", "{name} 不是这里认得的数"),
    "taken": ("the name {name} is taken in {file}:{line}", "{name} 已经有了，在 {file} 第 {line} 行"),
    "product_code": ("{name} is the code of a product", "{name} 已是一个产品的代码"),
    "function": ("there is no function {name}", "没有 {name} 这个函数"),
    "never": ("{name} is never {value}", "{name} 不会是 {value}"),
    "alone": ("{what}: a name stands alone, without a table in front", "{what}：名字单独写，前面不带表名"),
    "no_name": (
        "{name} is not a name: small letters, digits and _ without quotes",
        "{name} 不是名字：只用小写字母、数字和下划线，不加引号",
    ),
    "no_code": (
        "{value} is not a code: letters, digits and _ only",
        "{value} 不是代码：只用字母、数字和下划线",
    ),
    "circle": ("these need each other's result: {names}", "这几条互相要对方的结果：{names}"),
    "unit_name": (
        "its unit is {unit}, so its name must end in {ending}",
        "单位是 {unit}，名字要以 {ending} 结尾",
    ),
    # figures over many customers
    "hint_across": (
        "an own feature reads this customer's rows alone; a figure over many is a frozen feature",
        "变量只看这一户自己的资料；许多户的平均数、分位数写到 frozen 里",
    ),
    "not_own": (
        "facts.{name} holds no customer's own rows; a figure over many is a frozen feature",
        "facts.{name} 不是哪一户自己的资料；许多户的数写到 frozen 里",
    ),
    "frozen_reads": (
        "it reads {name}, which is frozen itself: what is frozen stands on own features alone",
        "用到了 {name}，它自己就是统计数；统计只能用各户自己的变量",
    ),
    "frozen_behind": (
        "it reads {by}, and behind that {name}, which is frozen itself: own features alone are wanted",
        "用到了 {by}，它后面是统计数 {name}；统计只能用各户自己的变量",
    ),
    "frozen_needs": ("what is frozen needs the figure {name}", "有统计就要有政策数字 {name}"),
    "frozen_places": ("places stand narrowest first: {order}", "范围从小到大写：{order}"),
    "frozen_step": ("a step is a constant above 0", "step 要写大于 0 的固定数"),
    "frozen_whole": (
        "{unit} cannot be added up or put in order: whole numbers only",
        "{unit} 不能相加排序，只能统计整数",
    ),
    # expressions as such
    "gives": ("the expression gives {type}, {wanted} is wanted here", "算出来是{type}，这里要{wanted}"),
    "too_long": (
        "an expression may have {most} characters, this one has {count}",
        "一条算式最多 {most} 个字符，这条有 {count} 个",
    ),
    "character": (
        "character {position} is {character}; expressions are plain ASCII",
        "第 {position} 个字符是 {character}，算式里只用英文字符",
    ),
    "comment": (
        "comments are not allowed inside an expression; say it under `explain`",
        "算式里不写注释，写到 explain 里",
    ),
    "parentheses": ("an expression may have {most} pairs of parentheses", "一条算式最多 {most} 对括号"),
    "syntax": ("this is not an expression: {why}", "算式不通（{why}）"),
    "syntax_open": ("this is not an expression, a parenthesis is missing: {why}", "括号没配对（{why}）"),
    "syntax_half": (
        "this is not an expression, something is missing: {why}",
        "算式没写完，少了一截（{why}）",
    ),
    "syntax_word": ("this is not an expression, something is too much: {why}", "算式里多了一截（{why}）"),
    "syntax_quote": ("this is not an expression, a quote is missing: {why}", "引号没配对（{why}）"),
    "deep": ("the expression is nested too deeply", "算式套得太深"),
    "one": ("exactly one expression is wanted", "这里只写一条算式"),
    "parts": ("an expression may have {most} parts", "一条算式最多 {most} 项"),
    "not_language": ("{what} is not part of the language", "这里不能用 {what}"),
    "not_part": ("{what} has a part that is not allowed: {part}", "{what} 里不能带 {part}"),
    "hint_division": (
        "division is written ratio(a, b), or share(a, percent) for whole fen",
        "除法写 ratio(a, b)，取百分之几写 share(a, percent)",
    ),
    "hint_modulo": ("write floor_to(a, step)", "取整写 floor_to(a, step)"),
    "hint_star": (
        "a bare * is not allowed; name the column, or write COUNT(1)",
        "不能只写 *：写列名，或 COUNT(1)",
    ),
    "hint_tuple": ("lists in parentheses stand only behind IN", "括号里的一串值只能跟在 IN 后面"),
    "hint_filter": ("write the filter under `where`", "筛选条件写到 where 里"),
    "hint_alias": (
        "exactly one expression is wanted, without a name behind it",
        "这里只写一条算式，后面不起名",
    ),
    "hint_clock": ("write as_of; the server's clock is not an input", "日期写 as_of，不用机器的时钟"),
    # what stands in them
    "rows": (
        "{name} has many rows; put it inside SUM, COUNT, MIN or MAX",
        "{name} 有很多行，放进 SUM、COUNT、MIN 或 MAX",
    ),
    "no_number": (
        "{value} is not a number that can be used: up to 18 digits, 6 behind the point",
        "{value} 这样的数不能用：最多 18 位，小数最多 6 位",
    ),
    "is_null": ("IS stands only before NULL or NOT NULL", "IS 后面只写 NULL 或 NOT NULL"),
    "in_list": ("IN wants a list of constants", "IN 后面写一串固定的值"),
    "case_operand": (
        "write CASE WHEN condition THEN …, without an operand behind CASE",
        "写成 CASE WHEN 条件 THEN …，CASE 后面不带别的",
    ),
    "when_type": ("WHEN wants true or false, not {type}", "WHEN 后面要是或否，写的是{type}"),
    "count_one": ("COUNT(DISTINCT …) counts one column", "COUNT(DISTINCT …) 只数一列"),
    "aggregate_place": (
        "{name} stands only in a feature that reads a source",
        "{name} 只能写在读数据来源的变量里",
    ),
    "aggregate_inside": ("{name} stands inside another aggregate", "{name} 不能套在另一个汇总里"),
    "sum_type": ("SUM wants an integer, not {type}", "SUM 要整数，写的是{type}"),
    "aggregate_type": ("{name} does not take {type}", "{name} 不能用在{type}上"),
    "yuan": ("yuan(…) wants one whole number of yuan", "yuan(…) 里写一个整数，单位元"),
    "percent_of": (
        "percent_of(…) wants two integers: a part and the whole",
        "percent_of(…) 里写两个整数：部分和全部",
    ),
    "branches_type": (
        "the branches of CASE must have one type, these are {types}",
        "CASE 各支要同一类，现在是{types}",
    ),
    "branches_null": ("the branches of CASE cannot all be NULL", "CASE 各支不能全是空"),
    "arguments_type": (
        "the arguments of {name} must have one type, these are {types}",
        "{name} 里的几个要同一类，现在是{types}",
    ),
    "arguments_null": ("the arguments of {name} cannot all be NULL", "{name} 里的几个不能全是空"),
    "arguments": (
        "{name} takes arguments: {needed}, not {given}",
        "{name} 要 {needed} 个数，写了 {given} 个",
    ),
    "wants": ("{name} wants {wanted} here, not {type}", "{name} 这里要{wanted}，写的是{type}"),
    "null": ("nothing equals NULL; write IS NULL", "和空比没有结果，用 IS NULL"),
    "compare": (
        "{name} cannot compare {type} with {other}",
        "{name} 两边一个是{type}、一个是{other}，不能比",
    ),
    "no_meaning": ("{name} has no meaning for {type}", "{name} 不能用在{type}上"),
    "step": ("the step of floor_to is a constant above zero", "floor_to 的一档要是大于 0 的固定数"),
    "constant": ("the constant is too large", "这个数太大"),
    # definitions
    "gate_days": ("how late a file may be is a figure in days", "文件最多晚几天，要用按天的政策数字"),
    "days_rise": ("the days must rise", "日子要从早到晚排"),
    "day": ("there is no day {value}", "没有 {value} 这一天"),
    "where_rows": (
        "`where` picks rows of a source that has several per customer",
        "where 只用在一户有多行的数据来源上",
    ),
    "otherwise": ("`otherwise` must be {type}", "otherwise 要是{type}"),
    "phone_single": ("a phone works out a single aggregate only", "手机上只能算单独一个汇总"),
    "phone_lacks": ("no phone has {names} of {source}", "手机上没有 {source} 的 {names}"),
    "no_way": ("nothing on the way to {name} reads {names}", "算 {name} 用不到 {names}"),
    "bands": ("the bands must stand highest first", "各档从高到低排"),
    "case_when": ("only the last case has no `when`", "只有最后一档不写 when"),
    "case_last": ("the last case has no `when`: it is what remains", "最后一档不写 when，其余的都归它"),
    "nobody_counts": ("none of its items counts for everybody", "没有一项是人人都算的"),
    "weights": (
        "the weights of its items add up to {points} points from {day}, not to {full}",
        "从 {day} 起各项权重加起来是 {points} 分，要正好 {full} 分",
    ),
    "agent_owner": (
        "an agent who works on it must see it: agent_visible",
        "农金员跟的商机，农金员要看得见：agent_visible",
    ),
    "agent_says": ("agents may see it, so it must not say {word}", "农金员看得见，话里不能有“{word}”"),
    "agent_follows": (
        "agents may see it, so it must not follow from {what}",
        "农金员看得见，不能从 {what} 推出来",
    ),
    "model": ("a model's score may not enter {name}: {way}", "模型分不能进 {name}：{way}"),
    "no_result": ("no rule gives {name} ({type})", "没有一条规则算出 {name}（{type}）"),
    "no_spine": ("the source {name} and the feature kind are needed", "少了数据来源 {name} 或变量 kind"),
    "columns": (
        "over {most} features and rules that others read",
        "变量和被别的规则读的规则，加起来不能超过 {most}",
    ),
    # examples
    "example": ("the example says {said}, {name} gives {given}", "例子说 {said}，{name} 算出来是 {given}"),
    "no_value": ("{value} is no {type}", "{value} 不是{type}"),
    # the database
    "together": ("the statements do not fit together: {why}", "几条合在一起算不了（{why}）"),
    "read_as": (
        "PostgreSQL reads {name} as {found}, {wanted} is declared",
        "{name} 写的是{wanted}，数据库里是 {found}",
    ),
    "refused": ("PostgreSQL refuses {name}: {why}", "数据库算不了 {name}（{why}）"),
    # files
    "file_long": ("a file may have {most} characters", "一个文件最多 {most} 个字符"),
    "empty": ("the file is empty", "文件是空的"),
    "anchors": ("anchors and aliases are not used", "不用 & 和 * 这种引用"),
    "twice": ("{name} stands here twice", "{name} 写了两遍"),
    "yaml_colon": (
        "this is not YAML, a colon is out of place: {why}",
        "冒号的位置不对，看缩进，句子里有冒号就加引号（{why}）",
    ),
    "yaml_indent": ("this is not YAML, look at the indentation: {why}", "缩进没对齐（{why}）"),
    "yaml_tab": ("this is not YAML, indent by spaces: {why}", "缩进用空格，不用 Tab（{why}）"),
    "yaml_open": (
        "this is not YAML, a quote or a bracket is not closed: {why}",
        "引号或括号没有收尾（{why}）",
    ),
    "yaml_list": ("this is not YAML, a dash is out of place: {why}", "短横的位置不对，看缩进（{why}）"),
    "yaml_character": (
        "this is not YAML, a character cannot stand here: {why}",
        "这里不能用这个字符，加引号（{why}）",
    ),
    "yaml": ("this is not YAML: {why}", "写法不对，看缩进、冒号和引号（{why}）"),
    "file_deep": ("the file is nested too deeply", "文件套得太深"),
    "key": ("there is no key {name} here", "这里没有 {name} 这一项"),
    "missing": ("the key {name} is missing", "少了 {name} 这一项"),
    "none_of": ("{value} is none of {known}", "{value} 不行，只能是：{known}"),
    "form": ("{value} does not fit: {what}", "{value} 不合这里的写法（{what}）"),
    "form_name": (
        "{value} does not fit: a name, small letters, digits and _, beginning with a letter",
        "{value} 不是名字：小写字母开头，只用小写字母、数字和下划线",
    ),
    "form_code": (
        "{value} does not fit: a code, letters, digits and _, beginning with a letter",
        "{value} 不是代码：字母开头，只用字母、数字和下划线",
    ),
    "form_reason": (
        "{value} does not fit: sum., cap. or raise., then a name",
        "{value} 要以 sum.、cap. 或 raise. 开头，后面跟名字",
    ),
    "form_expression": (
        "{value} does not fit: an expression, or a whole number",
        "{value} 要写一条算式，或一个整数",
    ),
    "form_day": ("{value} does not fit: a day, YYYY-MM-DD", "{value} 要写成日子，如 2026-01-15"),
    "form_text": ("{value} does not fit: a short text", "{value} 要写一小段文字"),
    "form_type": ("{value} does not fit: {wanted} is wanted here", "{value} 不行，这里要{wanted}"),
    "form_short": ("{value} is too short, at least {bound} characters", "{value} 太短，至少 {bound} 个字"),
    "form_long": ("{value} is too long, at most {bound} characters", "{value} 太长，最多 {bound} 个字"),
    "form_least": ("{value} is less than {bound}", "{value} 太小，最小 {bound}"),
    "form_most": ("{value} is more than {bound}", "{value} 太大，最大 {bound}"),
    "form_few": ("at least {bound} items are wanted here", "至少要写 {bound} 项"),
    "form_many": ("at most {bound} items can stand here", "最多写 {bound} 项"),
    "form_same": ("two items are the same", "有两项一样"),
    "schema": ("{why}", "不合这里的写法（{why}）"),
}
_WORDS = Path(__file__).parents[3] / "pwa/src/locales/problem-words.json"


def words_for_app() -> str:
    """JSON by language, then code."""
    found = [{code: sentence[place] for code, sentence in SENTENCES.items()} for place in range(2)]
    return (
        msgspec.json.format(msgspec.json.encode({"zh": found[1], "en": found[0]}), indent=2).decode() + "\n"
    )


if __name__ == "__main__":
    _WORDS.write_text(words_for_app(), encoding="utf-8")
