"""The products that ship, as far as a visit asks for them. Codes are also those of `holding` and of needs
heard."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShippedProduct:
    """A product with its names; `asked` puts it among the needs of the visit form."""

    code: str
    zh: str
    en: str
    asked: bool = True


SHIPPED = (
    ShippedProduct("loan", "贷款", "Loan"),
    ShippedProduct("deposit", "存款", "Deposit"),
    ShippedProduct("merchant_qr", "收款码", "Merchant QR"),
    ShippedProduct("mobile_banking", "手机银行", "Mobile bank"),
    ShippedProduct("social_card", "社保卡", "Social card"),
    ShippedProduct("insurance", "保险", "Insurance"),
    ShippedProduct("etc", "ETC", "ETC"),
    ShippedProduct("wealth", "理财", "Wealth"),
    ShippedProduct("credit_card", "信用卡", "Credit card"),
    ShippedProduct("wages", "代发工资", "Wages", asked=False),
)
