WITH of_customer AS (
  SELECT
    customer_id,
    inputs_revision,
    kind,
    created_on,
    has_point,
    completeness_points
  FROM facts.customer
), of_account AS (
  SELECT
    customer_id,
    CAST(SUM(balance_fen) AS BIGINT) AS deposits_fen,
    CAST(SUM(year_average_fen) AS BIGINT) AS year_average_fen,
    COUNT(1) AS account_count,
    MIN(opened_on) AS first_account_on
  FROM facts.account
  GROUP BY
    customer_id
), of_loan AS (
  SELECT
    customer_id,
    CAST(SUM(balance_fen) AS BIGINT) AS loans_fen,
    CAST(SUM(granted_fen) AS BIGINT) AS granted_fen,
    MAX(overdue_days) AS overdue_days,
    MIN(due_on) FILTER(WHERE
      balance_fen > 0) AS next_due_on
  FROM facts.loan
  GROUP BY
    customer_id
), of_flow AS (
  SELECT
    customer_id,
    CAST(SUM(in_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM CAST($as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST($as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 12) AS BIGINT) AS inflow_year_fen,
    CAST(SUM(in_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM CAST($as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST($as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 3) AS BIGINT) AS inflow_quarter_fen,
    CAST(SUM(in_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM CAST($as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST($as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 4 AND 6) AS BIGINT) AS inflow_quarter_before_fen,
    CAST(SUM(wages_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM CAST($as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST($as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 12) AS BIGINT) AS wages_year_fen,
    CAST(SUM(merchant_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM CAST($as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST($as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 12) AS BIGINT) AS merchant_year_fen,
    COUNT(1) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM CAST($as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST($as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 12
      AND in_count + out_count > 0) AS active_month_count,
    MAX(month) FILTER(WHERE
      in_count + out_count > 0) AS last_active_on
  FROM facts.flow
  GROUP BY
    customer_id
), of_holding AS (
  SELECT
    customer_id,
    COUNT(DISTINCT product_code) AS product_count,
    COUNT(DISTINCT product_code) FILTER(WHERE
      product_code IN ('mobile_banking', 'merchant_qr')) AS digital_count,
    COUNT(1) FILTER(WHERE
      product_code = 'mobile_banking') AS mobile_banking_count,
    COUNT(1) FILTER(WHERE
      product_code = 'merchant_qr') AS merchant_qr_count,
    COUNT(1) FILTER(WHERE
      product_code = 'social_card') AS social_card_count,
    COUNT(1) FILTER(WHERE
      product_code IN ('wealth', 'insurance')) AS investment_count
  FROM facts.holding
  GROUP BY
    customer_id
), of_contact AS (
  SELECT
    customer_id,
    COUNT(1) FILTER(WHERE
      channel = 'onsite'
      AND outcome = 'met'
      AND CAST((
        CAST($as_of AS DATE) - contact_on
      ) AS BIGINT) BETWEEN 0 AND 365) AS met_year_count,
    MAX(contact_on) FILTER(WHERE
      outcome = 'met') AS last_met_on,
    COUNT(1) FILTER(WHERE
      outcome = 'refused'
      AND CAST((
        CAST($as_of AS DATE) - contact_on
      ) AS BIGINT) BETWEEN 0 AND 180) AS refused_count
  FROM facts.contact
  GROUP BY
    customer_id
), of_need AS (
  SELECT
    customer_id,
    COUNT(DISTINCT product_code) FILTER(WHERE
      CAST((
        CAST($as_of AS DATE) - heard_on
      ) AS BIGINT) BETWEEN 0 AND 180) AS need_count,
    COUNT(1) FILTER(WHERE
      product_code = 'loan'
      AND CAST((
        CAST($as_of AS DATE) - heard_on
      ) AS BIGINT) BETWEEN 0 AND 180) AS loan_need_count
  FROM facts.need
  GROUP BY
    customer_id
), of_profile AS (
  SELECT
    customer_id,
    MAX(tier) AS previous_tier
  FROM facts.profile
  GROUP BY
    customer_id
), of_person AS (
  SELECT
    customer_id,
    COUNT(1) AS member_count,
    COUNT(1) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM CAST($as_of AS DATE)) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM CAST($as_of AS DATE)) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM CAST($as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM birth_on) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM birth_on) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM birth_on) AS BIGINT)
        )
      ) // 10000 BETWEEN 18 AND 60
      AND COALESCE(whereabouts, 'home') <> 'studying') AS worker_count,
    COUNT(1) FILTER(WHERE
      whereabouts = 'away_work') AS away_worker_count,
    COUNT(1) FILTER(WHERE
      whereabouts = 'studying') AS student_count,
    MIN(birth_on) FILTER(WHERE
      is_head OR relation IN ('owner', 'legal_person')) AS lead_birth_on,
    COUNT(1) FILTER(WHERE
      (
        is_head OR relation IN ('owner', 'legal_person')
      ) AND consents_credit) AS credit_consent_count
  FROM facts.person
  GROUP BY
    customer_id
), of_value AS (
  SELECT
    customer_id,
    MAX(amount) FILTER(WHERE
      field = 'residence_years') AS residence_years,
    MAX(choice) FILTER(WHERE
      field = 'harmony') AS harmony,
    MAX(choice) FILTER(WHERE
      field = 'hukou') AS hukou,
    CAST(SUM(amount) FILTER(WHERE
      field IN (
        'income_planting_fen',
        'income_breeding_fen',
        'income_trade_fen',
        'income_wages_fen',
        'income_migrant_fen',
        'income_transfers_fen'
      )) AS BIGINT) AS income_year_fen,
    CAST(SUM(amount) FILTER(WHERE
      field IN ('income_planting_fen', 'income_breeding_fen')) AS BIGINT) AS farm_income_fen,
    CAST(SUM(amount) FILTER(WHERE
      field = 'income_migrant_fen') AS BIGINT) AS migrant_income_fen,
    MAX(observed_on) FILTER(WHERE
      field IN (
        'income_planting_fen',
        'income_breeding_fen',
        'income_trade_fen',
        'income_wages_fen',
        'income_migrant_fen',
        'income_transfers_fen',
        'turnover_year_fen'
      )) AS income_observed_on,
    CAST(SUM(amount) FILTER(WHERE
      field IN (
        'spending_living_fen',
        'spending_gifts_fen',
        'spending_tuition_fen',
        'spending_medical_fen'
      )) AS BIGINT) AS spending_year_fen,
    CAST(SUM(amount) FILTER(WHERE
      field = 'turnover_year_fen') AS BIGINT) AS turnover_year_fen,
    CAST(SUM(amount) FILTER(WHERE
      field = 'costs_year_fen') AS BIGINT) AS costs_year_fen,
    MAX(amount) FILTER(WHERE
      field = 'staff_count') AS employee_count,
    CAST(SUM(amount) FILTER(WHERE
      field = 'deposits_elsewhere_fen') AS BIGINT) AS deposits_elsewhere_fen
  FROM facts.value
  GROUP BY
    customer_id
), of_evaluation AS (
  SELECT
    customer_id,
    MAX(percent) FILTER(WHERE
      CAST((
        CAST($as_of AS DATE) - settled_on
      ) AS BIGINT) BETWEEN 0 AND 730) AS evaluation_percent
  FROM facts.evaluation
  GROUP BY
    customer_id
), of_asset AS (
  SELECT
    customer_id,
    CAST(SUM(value_fen) FILTER(WHERE
      asset_kind <> 'financial') AS BIGINT) AS assets_fen,
    CAST(SUM(value_fen) FILTER(WHERE
      asset_kind = 'financial') AS BIGINT) AS financial_assets_fen,
    CAST(SUM(area_m2) FILTER(WHERE
      asset_kind = 'farmland') AS BIGINT) AS farmland_m2,
    COUNT(1) FILTER(WHERE
      asset_kind = 'vehicle') AS vehicle_count,
    COUNT(1) FILTER(WHERE
      asset_kind = 'machinery') AS machinery_count
  FROM facts.asset
  GROUP BY
    customer_id
), of_debt AS (
  SELECT
    customer_id,
    CAST(SUM(balance_fen) FILTER(WHERE
      lender = 'elsewhere') AS BIGINT) AS debts_elsewhere_fen,
    CAST(SUM(balance_fen) FILTER(WHERE
      lender = 'private') AS BIGINT) AS debts_private_fen
  FROM facts.debt
  GROUP BY
    customer_id
), features_1 AS (
  SELECT
    of_customer.customer_id,
    of_customer.inputs_revision,
    of_customer.kind,
    of_customer.created_on,
    of_customer.has_point,
    of_customer.completeness_points,
    COALESCE(of_account.deposits_fen, 0) AS deposits_fen,
    COALESCE(of_account.year_average_fen, 0) AS year_average_fen,
    COALESCE(of_account.account_count, 0) AS account_count,
    of_account.first_account_on,
    COALESCE(of_loan.loans_fen, 0) AS loans_fen,
    COALESCE(of_loan.granted_fen, 0) AS granted_fen,
    COALESCE(of_loan.overdue_days, 0) AS overdue_days,
    of_loan.next_due_on,
    COALESCE(of_flow.inflow_year_fen, 0) AS inflow_year_fen,
    COALESCE(of_flow.inflow_quarter_fen, 0) AS inflow_quarter_fen,
    COALESCE(of_flow.inflow_quarter_before_fen, 0) AS inflow_quarter_before_fen,
    COALESCE(of_flow.wages_year_fen, 0) AS wages_year_fen,
    COALESCE(of_flow.merchant_year_fen, 0) AS merchant_year_fen,
    COALESCE(of_flow.active_month_count, 0) AS active_month_count,
    of_flow.last_active_on,
    COALESCE(of_holding.product_count, 0) AS product_count,
    COALESCE(of_holding.digital_count, 0) AS digital_count,
    COALESCE(of_holding.mobile_banking_count, 0) AS mobile_banking_count,
    COALESCE(of_holding.merchant_qr_count, 0) AS merchant_qr_count,
    COALESCE(of_holding.social_card_count, 0) AS social_card_count,
    COALESCE(of_holding.investment_count, 0) AS investment_count,
    COALESCE(of_contact.met_year_count, 0) AS met_year_count,
    of_contact.last_met_on,
    COALESCE(of_contact.refused_count, 0) AS refused_count,
    COALESCE(of_need.need_count, 0) AS need_count,
    COALESCE(of_need.loan_need_count, 0) AS loan_need_count,
    of_profile.previous_tier,
    COALESCE(of_person.member_count, 0) AS member_count,
    COALESCE(of_person.worker_count, 0) AS worker_count,
    COALESCE(of_person.away_worker_count, 0) AS away_worker_count,
    COALESCE(of_person.student_count, 0) AS student_count,
    of_person.lead_birth_on,
    COALESCE(of_person.credit_consent_count, 0) AS credit_consent_count,
    of_value.residence_years,
    of_value.harmony,
    of_value.hukou,
    COALESCE(of_value.income_year_fen, 0) AS income_year_fen,
    COALESCE(of_value.farm_income_fen, 0) AS farm_income_fen,
    COALESCE(of_value.migrant_income_fen, 0) AS migrant_income_fen,
    of_value.income_observed_on,
    of_value.spending_year_fen,
    COALESCE(of_value.turnover_year_fen, 0) AS turnover_year_fen,
    of_value.costs_year_fen,
    COALESCE(of_value.employee_count, 0) AS employee_count,
    COALESCE(of_value.deposits_elsewhere_fen, 0) AS deposits_elsewhere_fen,
    of_evaluation.evaluation_percent,
    COALESCE(of_asset.assets_fen, 0) AS assets_fen,
    COALESCE(of_asset.financial_assets_fen, 0) AS financial_assets_fen,
    COALESCE(of_asset.farmland_m2, 0) AS farmland_m2,
    COALESCE(of_asset.vehicle_count, 0) AS vehicle_count,
    COALESCE(of_asset.machinery_count, 0) AS machinery_count,
    COALESCE(of_debt.debts_elsewhere_fen, 0) AS debts_elsewhere_fen,
    COALESCE(of_debt.debts_private_fen, 0) AS debts_private_fen
  FROM of_customer
  LEFT JOIN of_account
    ON of_account.customer_id = of_customer.customer_id
  LEFT JOIN of_loan
    ON of_loan.customer_id = of_customer.customer_id
  LEFT JOIN of_flow
    ON of_flow.customer_id = of_customer.customer_id
  LEFT JOIN of_holding
    ON of_holding.customer_id = of_customer.customer_id
  LEFT JOIN of_contact
    ON of_contact.customer_id = of_customer.customer_id
  LEFT JOIN of_need
    ON of_need.customer_id = of_customer.customer_id
  LEFT JOIN of_profile
    ON of_profile.customer_id = of_customer.customer_id
  LEFT JOIN of_person
    ON of_person.customer_id = of_customer.customer_id
  LEFT JOIN of_value
    ON of_value.customer_id = of_customer.customer_id
  LEFT JOIN of_evaluation
    ON of_evaluation.customer_id = of_customer.customer_id
  LEFT JOIN of_asset
    ON of_asset.customer_id = of_customer.customer_id
  LEFT JOIN of_debt
    ON of_debt.customer_id = of_customer.customer_id
), features_2 AS (
  SELECT
    features_1.*,
    CAST((
      CAST($as_of AS DATE) - first_account_on
    ) AS BIGINT) AS relationship_days,
    CAST(inflow_quarter_fen AS DOUBLE) / NULLIF(CAST(inflow_quarter_before_fen AS DOUBLE), 0) AS inflow_change_ratio,
    (
      CAST(EXTRACT(YEAR FROM CAST($as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST($as_of AS DATE)) AS BIGINT)
    ) - (
      CAST(EXTRACT(YEAR FROM last_active_on) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM last_active_on) AS BIGINT)
    ) AS quiet_months,
    CAST((
      CAST($as_of AS DATE) - last_met_on
    ) AS BIGINT) AS unseen_days,
    (
      (
        CAST(EXTRACT(YEAR FROM CAST($as_of AS DATE)) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM CAST($as_of AS DATE)) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM CAST($as_of AS DATE)) AS BIGINT)
      ) - (
        CAST(EXTRACT(YEAR FROM lead_birth_on) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM lead_birth_on) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM lead_birth_on) AS BIGINT)
      )
    ) // 10000 AS lead_age_years,
    CAST((
      CAST($as_of AS DATE) - created_on
    ) AS BIGINT) AS known_days,
    CAST((
      CAST($as_of AS DATE) - income_observed_on
    ) AS BIGINT) AS income_age_days,
    assets_fen + deposits_fen + GREATEST(deposits_elsewhere_fen, financial_assets_fen) - loans_fen - debts_elsewhere_fen - debts_private_fen AS net_assets_fen
  FROM features_1
)
SELECT
  *
FROM features_2
