"""The products that ship. Codes are also those of `holding` and of needs heard; whom a product suits says the
strategy catalogue (`strategy/catalogue/products`), under the same codes and names."""

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
    ShippedProduct("farm_loan", "农户信用贷", "Farm loan", asked=False),
    ShippedProduct("business_loan", "经营贷", "Operating loan", asked=False),
    ShippedProduct("mortgage_loan", "房产抵押贷", "Mortgage loan", asked=False),
    ShippedProduct("consumer_loan", "消费贷", "Consumer loan", asked=False),
    ShippedProduct("relief_loan", "脱贫小额贷", "Relief loan", asked=False),
    ShippedProduct("chain_loan", "订单贷", "Order loan", asked=False),
    ShippedProduct("term_deposit", "定期存款", "Term deposit", asked=False),
    ShippedProduct("large_deposit", "大额存单", "Certificate of deposit", asked=False),
    ShippedProduct("notice_deposit", "通知存款", "Notice deposit", asked=False),
    ShippedProduct("business_account", "对公结算户", "Business account", asked=False),
)
