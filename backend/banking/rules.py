"""What a file of the bank's systems must hold: its columns by either name, and the checks of a row. Pure.

Amounts are yuan in the file and fen here, rates percent there and basis points here. What looks like another
unit is refused, never converted.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from backend.banking.errors import Faulty

Value = int | str | date | None

#: no customer of a county's bank has more on one account or owes more on one contract; a file in fen does
MOST_FEN = 300_000_000 * 100
#: the lowest and the highest yearly rate of a loan; below lies a fraction (0.0435), above basis points (435)
RATES_BP = (50, 2_400)
#: the day from which the bank's records can be
FIRST_DAY = date(1949, 10, 1)
MOST_DAYS = 20_000
MOST_COUNT = 1_000_000

_AMOUNT = re.compile(r"[¥￥]?(-?(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]{1,2})?)")
_RATE = re.compile(r"(-?[0-9]{1,4}(?:\.[0-9]{1,8})?)%?")
_WHOLE = re.compile(r"[0-9]{1,9}")
_DAY = re.compile(r"([0-9]{4})([-/]?)([0-9]{2})\2([0-9]{2})")
_MONTH = re.compile(r"([0-9]{4})[-/]?([0-9]{2})")
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{5,39}")
_CONTRACT = re.compile(r"[0-9A-Za-z一-鿿()（）〔〕\[\]_/#-]{3,60}")
# what a spreadsheet makes of a long number; its digits are lost
_ROUNDED = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+")


class Kind(StrEnum):
    """What a file tells of."""

    accounts = "accounts"
    loans = "loans"
    flows = "flows"
    products = "products"
    contracts = "contracts"
    consents = "consents"
    grades = "grades"


def amount(cell: str) -> int:
    """Fen of an amount in yuan. Raises Faulty."""
    found = _AMOUNT.fullmatch(cell)
    if found is None:
        raise Faulty("amount")
    fen = int(Decimal(found[1].replace(",", "")) * 100)
    if fen < 0:
        raise Faulty("negative")
    if fen > MOST_FEN:
        raise Faulty("unit")
    return fen


def rate(cell: str) -> int:
    """Basis points of a yearly rate in percent. Raises Faulty."""
    found = _RATE.fullmatch(cell)
    if found is None:
        raise Faulty("rate")
    points = Decimal(found[1]) * 100
    if points < 0:
        raise Faulty("negative")
    if points and not RATES_BP[0] <= points <= RATES_BP[1]:
        raise Faulty("unit")
    if points != int(points):
        raise Faulty("rate")
    return int(points)


def count(cell: str, most: int = MOST_COUNT) -> int:
    """A number of things. Raises Faulty."""
    if not _WHOLE.fullmatch(cell):
        raise Faulty("count")
    if int(cell) > most:
        raise Faulty("absurd")
    return int(cell)


def days(cell: str) -> int:
    """A number of days. Raises Faulty."""
    return count(cell, MOST_DAYS)


def day(cell: str) -> date:
    """2026-03-01, 2026/03/01 or 20260301. Raises Faulty."""
    found = _DAY.fullmatch(cell)
    if found is None:
        raise Faulty("day")
    return _date(int(found[1]), int(found[3]), int(found[4]))


def month(cell: str) -> date:
    """The first day of 2026-03, 2026/03 or 202603. Raises Faulty."""
    found = _MONTH.fullmatch(cell)
    if found is None:
        raise Faulty("month")
    return _date(int(found[1]), int(found[2]), 1)


def _date(year: int, at_month: int, at_day: int) -> date:
    try:
        made = date(year, at_month, at_day)
    except ValueError:
        raise Faulty("day") from None
    if made < FIRST_DAY:
        raise Faulty("absurd")
    return made


def number(cell: str) -> str:
    """The number of an account or card, blanks aside. Raises Faulty."""
    plain = "".join(cell.split())
    if _ROUNDED.fullmatch(plain):
        raise Faulty("rounded")
    if not _NUMBER.fullmatch(plain):
        raise Faulty("number")
    return plain.upper()


def contract(cell: str) -> str:
    """The number of a contract. Raises Faulty."""
    plain = "".join(cell.split())
    if _ROUNDED.fullmatch(plain):
        raise Faulty("rounded")
    if not _CONTRACT.fullmatch(plain):
        raise Faulty("number")
    return plain


def plain(cell: str) -> str:
    """Text that others understand: whom the row is about, which product."""
    return cell


def place(cell: str) -> str:
    """Where a paper lies. Raises Faulty."""
    if len(cell) > MOST_PLACE:
        raise Faulty("long")
    return cell


#: grades of the provincial credit system, best first; `none`: below A, or not graded
GRADES = ("AAA", "AA", "A", "none")
#: no credit limit is lower: a figure below is in ten thousands of yuan
LEAST_CREDIT_FEN = 1_000 * 100
_NO_GRADE = frozenset(
    {"NONE", "无", "无等级", "未评", "未评级", "未评定", "不予评级", "不予授信", "B", "C", "D", "-"}
)
_GRADE_BESIDE = re.compile(r"(?:信用)?(?:等级|级|等)?:?(?:信用)?(?:户|农户)?")


def grade(cell: str) -> str:
    """One of `GRADES`: AAA, 3A, ＡＡＡ级, 三A信用户 and the like. Raises Faulty."""
    plain = "".join(unicodedata.normalize("NFKC", cell).upper().split())
    if plain in _NO_GRADE or plain.removesuffix("级") in _NO_GRADE:
        return "none"
    found = re.search(r"A{1,3}|[123一二三]A", plain)
    if found is None or not _GRADE_BESIDE.fullmatch(plain[: found.start()]):
        raise Faulty("grade")
    if not _GRADE_BESIDE.fullmatch(plain[found.end() :]):
        raise Faulty("grade")
    said = found[0]
    return said if said.strip("A") == "" else "A" * ("123".find(said[0]) + 1 or "一二三".find(said[0]) + 1)


def credit(cell: str) -> int:
    """Fen of a limit in yuan; nought is one. Raises Faulty."""
    fen = amount(cell)
    if 0 < fen < LEAST_CREDIT_FEN:
        raise Faulty("unit")
    return fen


_ACCOUNT_KINDS = {
    **dict.fromkeys(("demand", "活期", "活期存款", "活期账户"), "demand"),
    **dict.fromkeys(("term", "定期", "定期存款", "定期账户"), "term"),
    **dict.fromkeys(("social", "社保卡", "社会保障卡"), "social"),
}


def account_kind(cell: str) -> str:
    """One of demand, term, social. Raises Faulty."""
    if cell not in _ACCOUNT_KINDS:
        raise Faulty("account_kind")
    return _ACCOUNT_KINDS[cell]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what its name may be in a file, and how its cells are read. Without `required` it may lack,
    and its cells may be empty."""

    name: str
    spelled: tuple[str, ...]
    read: Callable[[str], Value]
    required: bool = True


#: who it is: one of the two
WHO = (
    Column("id_number", ("证件号码", "身份证号", "身份证号码", "证件号"), plain, required=False),
    Column("customer_id", ("客户编号",), plain, required=False),
)
AS_OF = Column("as_of", ("数据日期", "账务日期"), day, required=False)
#: a grade is of the day on which the province gave it
GRADED_ON = Column("as_of", ("评定日期", "评级日期", "数据日期"), day, required=False)
#: a consent names the person who consents, and is of the day on which it was signed
WHO_SIGNED = (WHO[0], Column("person_id", ("个人编号",), plain, required=False))
SIGNED_ON = Column("as_of", ("签署日期", "签字日期", "signed_on"), day)
MOST_PLACE = 60
#: columns that are not read: names, and what a file of rejected rows has in front
UNREAD = frozenset({"name", "姓名", "客户名称", "户名", "行号", "代码", "原因"})

_SINCE = Column("since_on", ("签约日期", "开通日期"), day)
_UNTIL = Column("until_on", ("解约日期", "销户日期"), day, required=False)
_PRODUCT = Column("product", ("产品", "产品名称", "产品代码"), plain)

COLUMNS: Mapping[Kind, tuple[Column, ...]] = {
    Kind.accounts: (
        Column("account_number", ("账号", "账户号"), number),
        Column("account_kind", ("账户类型", "储种"), account_kind),
        Column("balance_fen", ("balance", "余额", "账户余额"), amount),
        Column("year_average_fen", ("year_average", "年日均", "年日均余额"), amount),
        Column("opened_on", ("开户日期",), day),
        Column("closed_on", ("销户日期",), day, required=False),
    ),
    Kind.loans: (
        Column("contract", ("合同号", "合同编号", "借款合同号"), contract),
        Column("granted_fen", ("granted", "合同金额", "贷款金额", "发放金额"), amount),
        Column("balance_fen", ("balance", "贷款余额", "余额"), amount),
        Column("rate_bp", ("rate", "利率", "年利率", "执行利率"), rate),
        Column("granted_on", ("发放日期", "起始日期", "放款日期"), day),
        Column("due_on", ("到期日期", "到期日"), day),
        Column("overdue_days", ("逾期天数",), days),
    ),
    Kind.flows: (
        Column("month", ("月份", "年月"), month),
        Column("in_fen", ("in", "流入金额", "转入金额"), amount),
        Column("out_fen", ("out", "流出金额", "转出金额"), amount),
        Column("in_count", ("流入笔数", "转入笔数"), count),
        Column("out_count", ("流出笔数", "转出笔数"), count),
        Column("wages_fen", ("wages", "代发工资", "代发金额"), amount),
        Column("merchant_fen", ("merchant", "商户收款", "收单金额"), amount),
    ),
    Kind.products: (_PRODUCT, _SINCE, _UNTIL),
    Kind.contracts: (
        Column("contract_number", ("合同号", "合同编号", "协议号"), contract),
        _PRODUCT,
        _SINCE,
        _UNTIL,
    ),
    Kind.consents: (
        Column("purpose", ("授权事项", "授权用途"), plain),
        Column("text_number", ("文本编号", "文本版本"), count),
        Column("place", ("存放位置", "档案位置"), place),
    ),
    Kind.grades: (
        Column("grade", ("信用等级", "评定等级", "等级", "评级"), grade),
        Column("limit_fen", ("limit", "授信额度", "预授信额度", "额度"), credit, required=False),
    ),
}


def columns_of(kind: Kind) -> tuple[Column, ...]:
    """All columns of a kind, those that say who and as of which day among them."""
    day_of = {Kind.consents: SIGNED_ON, Kind.grades: GRADED_ON}.get(kind, AS_OF)
    return (*who_of(kind), *COLUMNS[kind], day_of)


def who_of(kind: Kind) -> tuple[Column, ...]:
    """The columns that say whom a row is about: one of them is needed."""
    return WHO_SIGNED if kind is Kind.consents else WHO


def normal_name(cell: str) -> str:
    """One spelling of a column's name: no blanks, small letters, without the unit that we expect."""
    name = "".join(cell.split()).lower().replace("（", "(").replace("）", ")")
    return name.removesuffix("(元)").removesuffix("(%)")


def check(kind: Kind, values: Mapping[str, Value], as_of: date) -> None:
    """What the cells of a row say together. Raises Faulty."""
    for name, value in values.items():
        # a loan ends in the future; nothing else of a record can lie there
        if isinstance(value, date) and name != "due_on" and value > as_of:
            raise Faulty("future", name)
    _ordered(values, "opened_on", "closed_on")
    _ordered(values, "granted_on", "due_on")
    _ordered(values, "since_on", "until_on")
    if kind is Kind.accounts and values["closed_on"] is not None and values["balance_fen"]:
        raise Faulty("closed_with_balance", "balance_fen")
    if kind is Kind.loans and _fen(values, "balance_fen") > _fen(values, "granted_fen"):
        raise Faulty("above_granted", "balance_fen")
    if kind is Kind.flows and _fen(values, "wages_fen") + _fen(values, "merchant_fen") > _fen(
        values, "in_fen"
    ):
        raise Faulty("parts_above_whole", "in_fen")


def _ordered(values: Mapping[str, Value], first: str, second: str) -> None:
    before, after = values.get(first), values.get(second)
    if isinstance(before, date) and isinstance(after, date) and after < before:
        raise Faulty("crossed", second)


def _fen(values: Mapping[str, Value], name: str) -> int:
    value = values[name]
    assert isinstance(value, int)
    return value


#: what a rejected row's code means, for who mends the file
REASONS: Mapping[str, str] = {
    "text": "这一行有无法识别的字符",
    "quotes": "引号没有成对，这一行读不出来",
    "cells": "列数与表头不一致",
    "missing": "必填项为空",
    "amount": "金额格式不对：以元为单位，最多两位小数",
    "negative": "不能是负数",
    "unit": "数值异常，单位可能不对（金额应为元，利率应为百分数，如 4.35）",
    "absurd": "数值超出合理范围",
    "rate": "利率格式不对：百分数，精确到 0.01",
    "count": "应为不带小数的整数",
    "day": "日期不对：应为 2026-03-01 或 20260301",
    "month": "月份不对：应为 2026-03 或 202603",
    "future": "日期晚于数据日期",
    "crossed": "结束日期早于开始日期",
    "number": "号码格式不对",
    "rounded": "号码被表格软件改成了科学计数法，请以文本格式重新导出",
    "account_kind": "账户类型应为活期、定期或社保卡",
    "product": "没有这个产品",
    "grade": "等级应为 AAA、AA、A，或“无”",
    "closed_with_balance": "已销户的账户还有余额",
    "above_granted": "贷款余额大于合同金额，单位可能不对",
    "parts_above_whole": "代发工资与商户收款之和大于流入金额",
    "no_as_of": "没有数据日期",
    "who": "没有证件号码，也没有客户编号",
    "id_number": "证件号码不对",
    "customer_id": "客户编号不对",
    "unknown_person": "系统里没有这个证件号码",
    "no_household": "此人不在任何在册的户里；经营主体请填客户编号",
    "unknown_customer": "系统里没有这个客户编号，或客户已不在册",
    "not_member": "此人不是这个客户的成员",
    "person": "户的流水要写明是谁的：请填成员的证件号码",
    "purpose": "没有这个授权事项",
    "text_then": "签署那天还没有这个编号的文本",
    "long": "太长了",
    "who_signed": "没有证件号码，也没有个人编号",
    "person_id": "个人编号不对",
    "unknown_id": "系统里没有这个个人编号",
    "two_people": "证件号码和个人编号不是同一个人",
    "died": "此人已去世",
    "no_birth": "没有出生日期，分不清应由谁签字",
    "minor": "不向未成年人介绍产品",
    "no_guardian": "年纪太小，系统里还没有监护人",
    "contradicts": "文件里同一对象同一天有两行内容不同",
}
