WITH of_customer AS (
  SELECT
    customer_id,
    inputs_revision,
    grid_id,
    kind,
    created_on,
    has_point,
    completeness_points
  FROM facts_customer
), of_account AS (
  SELECT
    customer_id,
    CAST(SUM(balance_fen) FILTER(WHERE
      account_kind = 'term') AS BIGINT) AS term_deposits_fen,
    CAST(SUM(balance_fen) FILTER(WHERE
      account_kind = 'demand') AS BIGINT) AS demand_deposits_fen,
    CAST(SUM(balance_fen) FILTER(WHERE
      account_kind = 'social') AS BIGINT) AS social_deposits_fen,
    MAX(opened_on) AS newest_account_on,
    CAST(SUM(balance_fen) AS BIGINT) AS deposits_fen,
    CAST(SUM(year_average_fen) AS BIGINT) AS year_average_fen,
    COUNT(1) AS account_count,
    MIN(opened_on) AS first_account_on,
    CAST(SUM(balance_fen) FILTER(WHERE
      account_kind = 'term'
      AND (
        (
          CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM opened_on) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM opened_on) AS BIGINT)
        ) = 11
        OR (
          CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM opened_on) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM opened_on) AS BIGINT)
        ) = 23
        OR (
          CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM opened_on) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM opened_on) AS BIGINT)
        ) = 35
        OR (
          CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM opened_on) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM opened_on) AS BIGINT)
        ) = 59
      )) AS BIGINT) AS term_turning_fen
  FROM facts_account
  GROUP BY
    customer_id
), of_loan AS (
  SELECT
    customer_id,
    COUNT(1) AS loan_count,
    MAX(rate_bp) FILTER(WHERE
      balance_fen > 0) AS loan_rate_bp,
    MAX(granted_on) AS last_granted_on,
    CAST(SUM(balance_fen) AS BIGINT) AS loans_fen,
    CAST(SUM(granted_fen) AS BIGINT) AS granted_fen,
    MAX(overdue_days) AS overdue_days,
    MIN(due_on) FILTER(WHERE
      balance_fen > 0) AS next_due_on
  FROM facts_loan
  GROUP BY
    customer_id
), of_holding AS (
  SELECT
    customer_id,
    COUNT(1) FILTER(WHERE
      product_code = 'etc') AS etc_held_count,
    COUNT(1) FILTER(WHERE
      product_code = 'insurance') AS insurance_held_count,
    COUNT(1) FILTER(WHERE
      product_code = 'wealth') AS wealth_held_count,
    COUNT(1) FILTER(WHERE
      product_code = 'credit_card') AS credit_card_held_count,
    COUNT(1) FILTER(WHERE
      product_code = 'wages') AS wages_held_count,
    COUNT(1) FILTER(WHERE
      CAST(DATEDIFF(CAST(:as_of AS DATE), since_on) AS BIGINT) BETWEEN 0 AND 365) AS new_product_count,
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
  FROM facts_holding
  GROUP BY
    customer_id
), of_flow AS (
  SELECT
    customer_id,
    CAST(SUM(in_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 12) AS BIGINT) AS inflow_year_fen,
    CAST(SUM(in_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 3) AS BIGINT) AS inflow_quarter_fen,
    CAST(SUM(in_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 4 AND 6) AS BIGINT) AS inflow_quarter_before_fen,
    CAST(SUM(wages_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 12) AS BIGINT) AS wages_year_fen,
    CAST(SUM(merchant_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 12) AS BIGINT) AS merchant_year_fen,
    COUNT(1) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 12
      AND in_count + out_count > 0) AS active_month_count,
    MAX(month) FILTER(WHERE
      in_count + out_count > 0) AS last_active_on,
    MAX(told_until_on) AS flows_told_until_on,
    CAST(SUM(out_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 12) AS BIGINT) AS outflow_year_fen,
    CAST(SUM(in_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 1) AS BIGINT) AS inflow_month_fen,
    CAST(SUM(merchant_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 3) AS BIGINT) AS merchant_quarter_fen,
    CAST(SUM(merchant_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 4 AND 6) AS BIGINT) AS merchant_quarter_before_fen,
    CAST(SUM(wages_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 3) AS BIGINT) AS wages_quarter_fen,
    CAST(SUM(in_count + out_count) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 12) AS BIGINT) AS movement_count,
    COUNT(1) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 12
      AND merchant_fen > 0) AS merchant_month_count,
    MAX(in_fen) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 12) AS best_month_fen,
    COUNT(1) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), told_until_on)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
        )
      ) BETWEEN 1 AND 12
      AND out_fen > in_fen) AS deficit_month_count,
    CAST(SUM(out_fen) FILTER(WHERE
      (
        CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT)
      ) - (
        CAST(EXTRACT(YEAR FROM month) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM month) AS BIGINT)
      ) = 1) AS BIGINT) AS outflow_month_fen
  FROM facts_flow
  GROUP BY
    customer_id
), of_value AS (
  SELECT
    customer_id,
    MAX(choice) FILTER(WHERE
      field = 'business_kind') AS business_kind,
    MAX(choice) FILTER(WHERE
      field = 'trade') AS trade,
    MAX(day) FILTER(WHERE
      field = 'licence_from') AS licence_from_on,
    MAX(day) FILTER(WHERE
      field = 'licence_until') AS licence_until_on,
    CAST(SUM(amount) FILTER(WHERE
      field = 'tax_year_fen') AS BIGINT) AS tax_year_fen,
    CAST(SUM(amount) FILTER(WHERE
      field = 'power_year_kwh') AS BIGINT) AS power_year_kwh,
    COUNT(1) FILTER(WHERE
      field IN ('turnover_q1_fen', 'turnover_q2_fen', 'turnover_q3_fen', 'turnover_q4_fen')
      AND amount >= 0) AS quarter_count,
    MAX(amount) FILTER(WHERE
      field IN ('turnover_q1_fen', 'turnover_q2_fen', 'turnover_q3_fen', 'turnover_q4_fen')) AS best_quarter_fen,
    MIN(amount) FILTER(WHERE
      field IN ('turnover_q1_fen', 'turnover_q2_fen', 'turnover_q3_fen', 'turnover_q4_fen')) AS worst_quarter_fen,
    CAST(SUM(amount) FILTER(WHERE
      field = 'income_planting_fen') AS BIGINT) AS planting_income_fen,
    CAST(SUM(amount) FILTER(WHERE
      field = 'income_breeding_fen') AS BIGINT) AS breeding_income_fen,
    CAST(SUM(amount) FILTER(WHERE
      field = 'income_trade_fen') AS BIGINT) AS trade_income_fen,
    CAST(SUM(amount) FILTER(WHERE
      field = 'income_wages_fen') AS BIGINT) AS wages_income_fen,
    CAST(SUM(amount) FILTER(WHERE
      field = 'income_transfers_fen') AS BIGINT) AS transfers_income_fen,
    CAST(SUM(amount) FILTER(WHERE
      field = 'spending_tuition_fen') AS BIGINT) AS tuition_fen,
    CAST(SUM(amount) FILTER(WHERE
      field = 'spending_medical_fen') AS BIGINT) AS medical_fen,
    CAST(SUM(amount) FILTER(WHERE
      field = 'spending_gifts_fen') AS BIGINT) AS gifts_fen,
    COUNT(DISTINCT field) FILTER(WHERE
      field IN (
        'income_planting_fen',
        'income_breeding_fen',
        'income_trade_fen',
        'income_wages_fen',
        'income_migrant_fen'
      )
      AND amount > 0) AS income_kinds_count,
    CAST(SUM(amount) FILTER(WHERE
      field IN (
        'income_planting_expected_fen',
        'income_breeding_expected_fen',
        'income_trade_expected_fen',
        'income_wages_expected_fen',
        'income_migrant_expected_fen',
        'income_transfers_expected_fen'
      )) AS BIGINT) AS income_expected_fen,
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
    MAX(choice) FILTER(WHERE
      field = 'home_type') AS home_type,
    MAX(choice) FILTER(WHERE
      field = 'minimum_living') AS minimum_living,
    MAX(choice) FILTER(WHERE
      field = 'five_guarantees') AS five_guarantees,
    MAX(choice) FILTER(WHERE
      field = 'out_of_poverty') AS out_of_poverty,
    MAX(amount) FILTER(WHERE
      field = 'residents_count') AS residents_count,
    CAST(SUM(amount) FILTER(WHERE
      field = 'deposits_elsewhere_fen') AS BIGINT) AS deposits_elsewhere_fen
  FROM facts_value
  GROUP BY
    customer_id
), of_contact AS (
  SELECT
    customer_id,
    COUNT(1) FILTER(WHERE
      channel = 'onsite'
      AND outcome = 'met'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), contact_on) AS BIGINT) BETWEEN 0 AND 365) AS met_year_count,
    MAX(contact_on) FILTER(WHERE
      outcome = 'met') AS last_met_on,
    COUNT(1) FILTER(WHERE
      outcome = 'refused'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), contact_on) AS BIGINT) BETWEEN 0 AND 180) AS refused_count,
    COUNT(1) FILTER(WHERE
      outcome = 'met'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), contact_on) AS BIGINT) BETWEEN 0 AND 365) AS reached_year_count,
    COUNT(1) FILTER(WHERE
      channel = 'phone'
      AND outcome = 'met'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), contact_on) AS BIGINT) BETWEEN 0 AND 365) AS phone_year_count,
    COUNT(1) FILTER(WHERE
      channel = 'wechat'
      AND outcome = 'met'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), contact_on) AS BIGINT) BETWEEN 0 AND 365) AS wechat_year_count,
    COUNT(1) FILTER(WHERE
      channel = 'branch'
      AND outcome = 'met'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), contact_on) AS BIGINT) BETWEEN 0 AND 365) AS branch_year_count,
    COUNT(1) FILTER(WHERE
      staff_role = 'agent'
      AND outcome = 'met'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), contact_on) AS BIGINT) BETWEEN 0 AND 365) AS agent_year_count,
    COUNT(1) FILTER(WHERE
      in_company
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), contact_on) AS BIGINT) BETWEEN 0 AND 365) AS pair_year_count,
    COUNT(1) FILTER(WHERE
      outcome = 'absent'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), contact_on) AS BIGINT) BETWEEN 0 AND 180) AS absent_half_count,
    COUNT(1) FILTER(WHERE
      outcome IN ('moved', 'wrong_address', 'wrong_grid')
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), contact_on) AS BIGINT) BETWEEN 0 AND 365) AS astray_year_count,
    COUNT(1) FILTER(WHERE
      showed_products
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), contact_on) AS BIGINT) BETWEEN 0 AND 180) AS shown_half_count,
    MAX(contact_on) FILTER(WHERE
      channel = 'onsite' AND outcome = 'met') AS last_onsite_on,
    MAX(next_on) AS next_contact_on,
    MAX(wanted_fen) FILTER(WHERE
      CAST(DATEDIFF(CAST(:as_of AS DATE), contact_on) AS BIGINT) BETWEEN 0 AND 180) AS wanted_fen
  FROM facts_contact
  GROUP BY
    customer_id
), of_need AS (
  SELECT
    customer_id,
    COUNT(DISTINCT product_code) FILTER(WHERE
      CAST(DATEDIFF(CAST(:as_of AS DATE), heard_on) AS BIGINT) BETWEEN 0 AND 180) AS need_count,
    COUNT(1) FILTER(WHERE
      product_code = 'loan'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), heard_on) AS BIGINT) BETWEEN 0 AND 180) AS loan_need_count,
    COUNT(1) FILTER(WHERE
      product_code = 'credit_card'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), heard_on) AS BIGINT) <= 365) AS credit_card_need_count,
    COUNT(1) FILTER(WHERE
      product_code = 'deposit'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), heard_on) AS BIGINT) BETWEEN 0 AND 365) AS deposit_need_count,
    COUNT(1) FILTER(WHERE
      product_code = 'merchant_qr'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), heard_on) AS BIGINT) BETWEEN 0 AND 365) AS merchant_qr_need_count,
    COUNT(1) FILTER(WHERE
      product_code = 'mobile_banking'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), heard_on) AS BIGINT) BETWEEN 0 AND 365) AS mobile_banking_need_count,
    COUNT(1) FILTER(WHERE
      product_code = 'social_card'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), heard_on) AS BIGINT) BETWEEN 0 AND 365) AS social_card_need_count,
    COUNT(1) FILTER(WHERE
      product_code = 'insurance'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), heard_on) AS BIGINT) BETWEEN 0 AND 365) AS insurance_need_count,
    COUNT(1) FILTER(WHERE
      product_code = 'etc'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), heard_on) AS BIGINT) BETWEEN 0 AND 365) AS etc_need_count,
    COUNT(1) FILTER(WHERE
      product_code = 'wealth'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), heard_on) AS BIGINT) BETWEEN 0 AND 365) AS wealth_need_count
  FROM facts_need
  GROUP BY
    customer_id
), of_profile AS (
  SELECT
    customer_id,
    MAX(tier) AS previous_tier
  FROM facts_profile
  GROUP BY
    customer_id
), of_person AS (
  SELECT
    customer_id,
    COUNT(1) AS member_count,
    COUNT(1) FILTER(WHERE
      (
        (
          (
            CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM CAST(:as_of AS DATE)) AS BIGINT)
          ) - (
            CAST(EXTRACT(YEAR FROM birth_on) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM birth_on) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM birth_on) AS BIGINT)
          )
        ) DIV 10000
      ) BETWEEN 18 AND 60
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
      ) AND consents_credit) AS credit_consent_count,
    COUNT(1) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM CAST(:as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM birth_on) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM birth_on) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM birth_on) AS BIGINT)
        )
      ) DIV 10000 < 6) AS small_child_count,
    COUNT(1) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM CAST(:as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM birth_on) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM birth_on) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM birth_on) AS BIGINT)
        )
      ) DIV 10000 >= 6
      AND (
        (
          CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM CAST(:as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM birth_on) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM birth_on) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM birth_on) AS BIGINT)
        )
      ) DIV 10000 < 18) AS school_child_count,
    COUNT(1) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM CAST(:as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM birth_on) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM birth_on) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM birth_on) AS BIGINT)
        )
      ) DIV 10000 >= 60) AS elder_count,
    COUNT(1) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM CAST(:as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM birth_on) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM birth_on) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM birth_on) AS BIGINT)
        )
      ) DIV 10000 >= 80) AS aged_count,
    COUNT(1) FILTER(WHERE
      (
        (
          (
            CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM CAST(:as_of AS DATE)) AS BIGINT)
          ) - (
            CAST(EXTRACT(YEAR FROM birth_on) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM birth_on) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM birth_on) AS BIGINT)
          )
        ) DIV 10000
      ) BETWEEN 18 AND 60
      AND whereabouts = 'home') AS home_worker_count,
    COUNT(1) FILTER(WHERE
      whereabouts = 'studying'
      AND (
        (
          CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM CAST(:as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM birth_on) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM birth_on) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM birth_on) AS BIGINT)
        )
      ) DIV 10000 >= 18) AS grown_student_count,
    COUNT(1) FILTER(WHERE
      education = 'college') AS college_count,
    COUNT(1) FILTER(WHERE
      relation = 'spouse') AS spouse_count,
    COUNT(1) FILTER(WHERE
      relation IN ('child', 'child_in_law')) AS child_count,
    COUNT(1) FILTER(WHERE
      relation IN ('parent', 'grandparent')) AS parent_count,
    COUNT(1) FILTER(WHERE
      (
        is_head OR relation IN ('owner', 'legal_person')
      ) AND sex = 'f') AS woman_lead_count,
    COUNT(1) FILTER(WHERE
      (
        is_head OR relation IN ('owner', 'legal_person')
      )
      AND education IN ('senior', 'college')) AS educated_lead_count,
    COUNT(1) FILTER(WHERE
      relation = 'legal_person') AS legal_person_count,
    COUNT(1) FILTER(WHERE
      (
        is_head OR relation IN ('owner', 'legal_person')
      ) AND consents_accounts) AS accounts_consent_count,
    COUNT(1) FILTER(WHERE
      consents_whereabouts) AS whereabouts_consent_count,
    COUNT(1) FILTER(WHERE
      consents_marketing) AS marketing_consent_count,
    COUNT(1) FILTER(WHERE
      is_head AND birth_on IS NULL AND COALESCE(whereabouts, 'home') <> 'studying') AS ageless_lead_count,
    COUNT(1) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM birth_on) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM birth_on) AS BIGINT)
        )
      ) BETWEEN 717 AND 725) AS turning_sixty_count,
    COUNT(1) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM birth_on) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM birth_on) AS BIGINT)
        )
      ) BETWEEN 213 AND 221) AS turning_eighteen_count,
    COUNT(1) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM birth_on) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM birth_on) AS BIGINT)
        )
      ) BETWEEN 0 AND 11) AS infant_count,
    COUNT(1) FILTER(WHERE
      (
        (
          CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT)
        ) - (
          CAST(EXTRACT(YEAR FROM birth_on) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM birth_on) AS BIGINT)
        )
      ) BETWEEN 66 AND 83) AS starting_school_count,
    COUNT(1) FILTER(WHERE
      relation = 'child'
      AND (
        (
          (
            CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM CAST(:as_of AS DATE)) AS BIGINT)
          ) - (
            CAST(EXTRACT(YEAR FROM birth_on) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM birth_on) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM birth_on) AS BIGINT)
          )
        ) DIV 10000
      ) BETWEEN 23 AND 29) AS marrying_age_count
  FROM facts_person
  GROUP BY
    customer_id
), of_evaluation AS (
  SELECT
    customer_id,
    MAX(percent) FILTER(WHERE
      CAST(DATEDIFF(CAST(:as_of AS DATE), settled_on) AS BIGINT) BETWEEN 0 AND 730) AS evaluation_percent,
    MAX(known) FILTER(WHERE
      CAST(DATEDIFF(CAST(:as_of AS DATE), settled_on) AS BIGINT) BETWEEN 0 AND 730) AS evaluation_known_count,
    MAX(limit_fen) FILTER(WHERE
      CAST(DATEDIFF(CAST(:as_of AS DATE), settled_on) AS BIGINT) BETWEEN 0 AND 730) AS evaluation_limit_fen,
    MAX(high_percent - low_percent) FILTER(WHERE
      CAST(DATEDIFF(CAST(:as_of AS DATE), settled_on) AS BIGINT) BETWEEN 0 AND 730) AS evaluation_spread_percent,
    MAX(settled_on) AS evaluated_on
  FROM facts_evaluation
  GROUP BY
    customer_id
), of_record AS (
  SELECT
    customer_id,
    CAST(SUM(area_m2) FILTER(WHERE
      record_kind = 'farmland' AND tenure = 'rented_in') AS BIGINT) AS rented_in_m2,
    CAST(SUM(area_m2) FILTER(WHERE
      record_kind = 'farmland' AND tenure = 'rented_out') AS BIGINT) AS rented_out_m2,
    CAST(SUM(area_m2) FILTER(WHERE
      record_kind = 'farmland' AND what = 'tea') AS BIGINT) AS tea_m2,
    CAST(SUM(area_m2) FILTER(WHERE
      record_kind = 'farmland' AND what IN ('rice', 'maize')) AS BIGINT) AS grain_m2,
    CAST(SUM(area_m2) FILTER(WHERE
      record_kind = 'farmland' AND what = 'rape') AS BIGINT) AS rape_m2,
    CAST(SUM(area_m2) FILTER(WHERE
      record_kind = 'farmland' AND what = 'vegetables') AS BIGINT) AS vegetables_m2,
    CAST(SUM(area_m2) FILTER(WHERE
      record_kind = 'farmland' AND what = 'flowers') AS BIGINT) AS flowers_m2,
    CAST(SUM(quantity) FILTER(WHERE
      record_kind = 'livestock' AND what IN ('pig')) AS BIGINT) AS pig_count,
    CAST(SUM(quantity) FILTER(WHERE
      record_kind = 'livestock' AND what IN ('cattle')) AS BIGINT) AS cattle_count,
    CAST(SUM(quantity) FILTER(WHERE
      record_kind = 'livestock' AND what IN ('sheep')) AS BIGINT) AS sheep_count,
    CAST(SUM(quantity) FILTER(WHERE
      record_kind = 'livestock' AND what IN ('chicken', 'duck')) AS BIGINT) AS poultry_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'guarantee'
      AND (
        until_on IS NULL OR until_on >= CAST(:as_of AS DATE)
      )) AS guarantee_count,
    CAST(SUM(value_fen) FILTER(WHERE
      record_kind = 'guarantee'
      AND (
        until_on IS NULL OR until_on >= CAST(:as_of AS DATE)
      )) AS BIGINT) AS guarantee_fen,
    COUNT(1) FILTER(WHERE
      record_kind = 'intention') AS plan_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'intention' AND what = 'loan') AS loan_plan_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'intention' AND what = 'deposit') AS deposit_plan_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'intention' AND what = 'insurance') AS insurance_plan_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'intention' AND what = 'wealth') AS wealth_plan_count,
    MIN(until_on) FILTER(WHERE
      record_kind = 'intention' AND until_on >= CAST(:as_of AS DATE)) AS plan_next_on,
    COUNT(1) FILTER(WHERE
      record_kind = 'intention' AND until_on < CAST(:as_of AS DATE)) AS late_plan_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'intention'
      AND what = 'loan'
      AND collateral IN ('house', 'land', 'guarantor')) AS secured_plan_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'intention' AND what = 'loan' AND term_months >= 36) AS long_plan_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'partner' AND what = 'buyer') AS buyer_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'partner' AND what = 'supplier') AS supplier_count,
    MAX(share_percent) FILTER(WHERE
      record_kind = 'partner') AS partner_share_percent,
    COUNT(1) FILTER(WHERE
      record_kind = 'premises' AND rented) AS rented_premises_count,
    CAST(SUM(area_m2) FILTER(WHERE
      record_kind = 'premises') AS BIGINT) AS premises_m2,
    COUNT(1) FILTER(WHERE
      record_kind = 'real_estate') AS house_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'real_estate' AND what = 'flat') AS flat_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'real_estate' AND NOT deed) AS deedless_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'real_estate' AND deed AND NOT COALESCE(mortgaged, FALSE)) AS deed_count,
    CAST(SUM(value_fen) FILTER(WHERE
      record_kind = 'real_estate') AS BIGINT) AS house_fen,
    CAST(SUM(area_m2) FILTER(WHERE
      record_kind = 'real_estate') AS BIGINT) AS house_area_m2,
    COUNT(1) FILTER(WHERE
      record_kind = 'real_estate' AND structure = 'wood') AS wooden_house_count,
    MAX(floors) FILTER(WHERE
      record_kind = 'real_estate') AS floors_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'vehicle' AND what = 'car') AS car_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'vehicle' AND what IN ('pickup', 'truck', 'tricycle', 'farm')) AS work_vehicle_count,
    CAST(SUM(value_fen) FILTER(WHERE
      record_kind = 'vehicle') AS BIGINT) AS vehicle_fen,
    COUNT(1) FILTER(WHERE
      record_kind = 'machinery' AND what IN ('harvester', 'transplanter', 'tractor')) AS harvester_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'honour') AS honour_count,
    MIN(CAST(DATEDIFF(until_on, CAST(:as_of AS DATE)) AS BIGINT)) FILTER(WHERE
      record_kind = 'debt'
      AND what = 'elsewhere'
      AND CAST(DATEDIFF(until_on, CAST(:as_of AS DATE)) AS BIGINT) >= 0) AS debt_due_days,
    MIN(CAST(DATEDIFF(until_on, CAST(:as_of AS DATE)) AS BIGINT)) FILTER(WHERE
      record_kind = 'guarantee'
      AND CAST(DATEDIFF(until_on, CAST(:as_of AS DATE)) AS BIGINT) >= 0) AS guarantee_left_days,
    COUNT(1) FILTER(WHERE
      record_kind = 'intention' AND what = 'card') AS card_plan_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'intention' AND what = 'qr') AS qr_plan_count,
    CAST(SUM(area_m2) FILTER(WHERE
      record_kind = 'farmland' AND greenhouse) AS BIGINT) AS greenhouse_m2,
    CAST(SUM(area_m2) FILTER(WHERE
      record_kind = 'farmland' AND what = 'fruit') AS BIGINT) AS fruit_m2,
    CAST(SUM(value_fen) FILTER(WHERE
      record_kind = 'financial' AND what IN ('wealth', 'shares')) AS BIGINT) AS wealth_elsewhere_fen,
    CAST(SUM(rent_year_fen) FILTER(WHERE
      record_kind = 'premises' AND rented) AS BIGINT) AS rent_year_fen,
    COUNT(1) FILTER(WHERE
      record_kind = 'real_estate' AND what IN ('shop', 'plant')) AS shop_house_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'partner' AND is_customer) AS partner_ours_count,
    COUNT(1) FILTER(WHERE
      record_kind = 'partner' AND NOT is_customer) AS partner_not_ours_count,
    CAST(SUM(value_fen) FILTER(WHERE
      record_kind = 'partner' AND what = 'buyer') AS BIGINT) AS sales_known_fen,
    CAST(SUM(value_fen) FILTER(WHERE
      record_kind = 'partner' AND what = 'supplier') AS BIGINT) AS purchases_known_fen
  FROM facts_record
  GROUP BY
    customer_id
), of_photo AS (
  SELECT
    customer_id,
    COUNT(1) FILTER(WHERE
      photo_class = 'contract') AS contract_photo_count,
    COUNT(1) FILTER(WHERE
      photo_class = 'licence') AS licence_photo_count
  FROM facts_photo
  GROUP BY
    customer_id
), of_asset AS (
  SELECT
    customer_id,
    COUNT(1) AS thing_count,
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
  FROM facts_asset
  GROUP BY
    customer_id
), of_presented AS (
  SELECT
    customer_id,
    COUNT(1) FILTER(WHERE
      product_code IN ('wealth', 'insurance')
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), presented_on) AS BIGINT) <= 365) AS wealth_shown_count,
    COUNT(1) FILTER(WHERE
      product_code = 'loan'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), presented_on) AS BIGINT) BETWEEN 0 AND 365) AS loan_shown_count,
    COUNT(1) FILTER(WHERE
      product_code = 'mobile_banking'
      AND CAST(DATEDIFF(CAST(:as_of AS DATE), presented_on) AS BIGINT) BETWEEN 0 AND 365) AS mobile_banking_shown_count
  FROM facts_presented
  GROUP BY
    customer_id
), of_debt AS (
  SELECT
    customer_id,
    CAST(SUM(balance_fen) FILTER(WHERE
      lender = 'elsewhere') AS BIGINT) AS debts_elsewhere_fen,
    CAST(SUM(balance_fen) FILTER(WHERE
      lender = 'private') AS BIGINT) AS debts_private_fen
  FROM facts_debt
  GROUP BY
    customer_id
), lies AS (
  SELECT
    grid_id,
    'village' AS level,
    COALESCE(area_code, grid) AS place
  FROM facts_place
  UNION ALL
  SELECT
    grid_id,
    'township' AS level,
    township AS place
  FROM facts_place
  UNION ALL
  SELECT
    grid_id,
    'bank' AS level,
    bank AS place
  FROM facts_place
), of_frozen AS (
  SELECT
    grid_id,
    COALESCE(
      MAX(amount) FILTER(WHERE
        definition = 'place_income_per_head_fen@d6246ee5d7dd' AND level = 'village'),
      MAX(amount) FILTER(WHERE
        definition = 'place_income_per_head_fen@d6246ee5d7dd' AND level = 'township'),
      MAX(amount) FILTER(WHERE
        definition = 'place_income_per_head_fen@d6246ee5d7dd' AND level = 'bank')
    ) AS place_income_per_head_fen,
    CASE
      WHEN NOT (
        MAX(amount) FILTER(WHERE
          definition = 'place_income_per_head_fen@d6246ee5d7dd' AND level = 'village') IS NULL
      )
      THEN 'village'
      WHEN NOT (
        MAX(amount) FILTER(WHERE
          definition = 'place_income_per_head_fen@d6246ee5d7dd' AND level = 'township') IS NULL
      )
      THEN 'township'
      WHEN NOT (
        MAX(amount) FILTER(WHERE
          definition = 'place_income_per_head_fen@d6246ee5d7dd' AND level = 'bank') IS NULL
      )
      THEN 'bank'
      ELSE CAST(NULL AS STRING)
    END AS place_income_per_head_fen_level,
    COALESCE(
      MAX(amount) FILTER(WHERE
        definition = 'place_deposits_upper_fen@0849983faf3a' AND level = 'village'),
      MAX(amount) FILTER(WHERE
        definition = 'place_deposits_upper_fen@0849983faf3a' AND level = 'township'),
      MAX(amount) FILTER(WHERE
        definition = 'place_deposits_upper_fen@0849983faf3a' AND level = 'bank')
    ) AS place_deposits_upper_fen,
    CASE
      WHEN NOT (
        MAX(amount) FILTER(WHERE
          definition = 'place_deposits_upper_fen@0849983faf3a' AND level = 'village') IS NULL
      )
      THEN 'village'
      WHEN NOT (
        MAX(amount) FILTER(WHERE
          definition = 'place_deposits_upper_fen@0849983faf3a' AND level = 'township') IS NULL
      )
      THEN 'township'
      WHEN NOT (
        MAX(amount) FILTER(WHERE
          definition = 'place_deposits_upper_fen@0849983faf3a' AND level = 'bank') IS NULL
      )
      THEN 'bank'
      ELSE CAST(NULL AS STRING)
    END AS place_deposits_upper_fen_level,
    COALESCE(
      MAX(amount) FILTER(WHERE
        definition = 'place_takings_fen@aabfcfe5e465' AND level = 'township'),
      MAX(amount) FILTER(WHERE
        definition = 'place_takings_fen@aabfcfe5e465' AND level = 'bank')
    ) AS place_takings_fen,
    CASE
      WHEN NOT (
        MAX(amount) FILTER(WHERE
          definition = 'place_takings_fen@aabfcfe5e465' AND level = 'township') IS NULL
      )
      THEN 'township'
      WHEN NOT (
        MAX(amount) FILTER(WHERE
          definition = 'place_takings_fen@aabfcfe5e465' AND level = 'bank') IS NULL
      )
      THEN 'bank'
      ELSE CAST(NULL AS STRING)
    END AS place_takings_fen_level,
    MAX(frozen_on) FILTER(WHERE
      definition IN (
        'place_income_per_head_fen@d6246ee5d7dd',
        'place_deposits_upper_fen@0849983faf3a',
        'place_takings_fen@aabfcfe5e465'
      )) AS frozen_on
  FROM lies
  JOIN facts_frozen
    USING (level, place)
  GROUP BY
    grid_id
), features_1 AS (
  SELECT
    of_customer.customer_id,
    of_customer.inputs_revision,
    of_customer.kind,
    of_customer.created_on,
    of_customer.has_point,
    of_customer.completeness_points,
    COALESCE(of_account.term_deposits_fen, 0) AS term_deposits_fen,
    COALESCE(of_account.demand_deposits_fen, 0) AS demand_deposits_fen,
    COALESCE(of_account.social_deposits_fen, 0) AS social_deposits_fen,
    of_account.newest_account_on,
    COALESCE(of_account.deposits_fen, 0) AS deposits_fen,
    COALESCE(of_account.year_average_fen, 0) AS year_average_fen,
    COALESCE(of_account.account_count, 0) AS account_count,
    of_account.first_account_on,
    COALESCE(of_account.term_turning_fen, 0) AS term_turning_fen,
    COALESCE(of_loan.loan_count, 0) AS loan_count,
    of_loan.loan_rate_bp,
    of_loan.last_granted_on,
    COALESCE(of_loan.loans_fen, 0) AS loans_fen,
    COALESCE(of_loan.granted_fen, 0) AS granted_fen,
    COALESCE(of_loan.overdue_days, 0) AS overdue_days,
    of_loan.next_due_on,
    COALESCE(of_holding.etc_held_count, 0) AS etc_held_count,
    COALESCE(of_holding.insurance_held_count, 0) AS insurance_held_count,
    COALESCE(of_holding.wealth_held_count, 0) AS wealth_held_count,
    COALESCE(of_holding.credit_card_held_count, 0) AS credit_card_held_count,
    COALESCE(of_holding.wages_held_count, 0) AS wages_held_count,
    COALESCE(of_holding.new_product_count, 0) AS new_product_count,
    COALESCE(of_holding.product_count, 0) AS product_count,
    COALESCE(of_holding.digital_count, 0) AS digital_count,
    COALESCE(of_holding.mobile_banking_count, 0) AS mobile_banking_count,
    COALESCE(of_holding.merchant_qr_count, 0) AS merchant_qr_count,
    COALESCE(of_holding.social_card_count, 0) AS social_card_count,
    COALESCE(of_holding.investment_count, 0) AS investment_count,
    COALESCE(of_flow.inflow_year_fen, 0) AS inflow_year_fen,
    COALESCE(of_flow.inflow_quarter_fen, 0) AS inflow_quarter_fen,
    COALESCE(of_flow.inflow_quarter_before_fen, 0) AS inflow_quarter_before_fen,
    COALESCE(of_flow.wages_year_fen, 0) AS wages_year_fen,
    COALESCE(of_flow.merchant_year_fen, 0) AS merchant_year_fen,
    COALESCE(of_flow.active_month_count, 0) AS active_month_count,
    of_flow.last_active_on,
    of_flow.flows_told_until_on,
    COALESCE(of_flow.outflow_year_fen, 0) AS outflow_year_fen,
    COALESCE(of_flow.inflow_month_fen, 0) AS inflow_month_fen,
    COALESCE(of_flow.merchant_quarter_fen, 0) AS merchant_quarter_fen,
    COALESCE(of_flow.merchant_quarter_before_fen, 0) AS merchant_quarter_before_fen,
    COALESCE(of_flow.wages_quarter_fen, 0) AS wages_quarter_fen,
    COALESCE(of_flow.movement_count, 0) AS movement_count,
    COALESCE(of_flow.merchant_month_count, 0) AS merchant_month_count,
    COALESCE(of_flow.best_month_fen, 0) AS best_month_fen,
    COALESCE(of_flow.deficit_month_count, 0) AS deficit_month_count,
    COALESCE(of_flow.outflow_month_fen, 0) AS outflow_month_fen,
    of_value.business_kind,
    of_value.trade,
    of_value.licence_from_on,
    of_value.licence_until_on,
    COALESCE(of_value.tax_year_fen, 0) AS tax_year_fen,
    COALESCE(of_value.power_year_kwh, 0) AS power_year_kwh,
    COALESCE(of_value.quarter_count, 0) AS quarter_count,
    COALESCE(of_value.best_quarter_fen, 0) AS best_quarter_fen,
    COALESCE(of_value.worst_quarter_fen, 0) AS worst_quarter_fen,
    COALESCE(of_value.planting_income_fen, 0) AS planting_income_fen,
    COALESCE(of_value.breeding_income_fen, 0) AS breeding_income_fen,
    COALESCE(of_value.trade_income_fen, 0) AS trade_income_fen,
    COALESCE(of_value.wages_income_fen, 0) AS wages_income_fen,
    COALESCE(of_value.transfers_income_fen, 0) AS transfers_income_fen,
    COALESCE(of_value.tuition_fen, 0) AS tuition_fen,
    COALESCE(of_value.medical_fen, 0) AS medical_fen,
    COALESCE(of_value.gifts_fen, 0) AS gifts_fen,
    COALESCE(of_value.income_kinds_count, 0) AS income_kinds_count,
    of_value.income_expected_fen,
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
    of_value.home_type,
    of_value.minimum_living,
    of_value.five_guarantees,
    of_value.out_of_poverty,
    of_value.residents_count,
    COALESCE(of_value.deposits_elsewhere_fen, 0) AS deposits_elsewhere_fen,
    COALESCE(of_contact.met_year_count, 0) AS met_year_count,
    of_contact.last_met_on,
    COALESCE(of_contact.refused_count, 0) AS refused_count,
    COALESCE(of_contact.reached_year_count, 0) AS reached_year_count,
    COALESCE(of_contact.phone_year_count, 0) AS phone_year_count,
    COALESCE(of_contact.wechat_year_count, 0) AS wechat_year_count,
    COALESCE(of_contact.branch_year_count, 0) AS branch_year_count,
    COALESCE(of_contact.agent_year_count, 0) AS agent_year_count,
    COALESCE(of_contact.pair_year_count, 0) AS pair_year_count,
    COALESCE(of_contact.absent_half_count, 0) AS absent_half_count,
    COALESCE(of_contact.astray_year_count, 0) AS astray_year_count,
    COALESCE(of_contact.shown_half_count, 0) AS shown_half_count,
    of_contact.last_onsite_on,
    of_contact.next_contact_on,
    COALESCE(of_contact.wanted_fen, 0) AS wanted_fen,
    COALESCE(of_need.need_count, 0) AS need_count,
    COALESCE(of_need.loan_need_count, 0) AS loan_need_count,
    COALESCE(of_need.credit_card_need_count, 0) AS credit_card_need_count,
    COALESCE(of_need.deposit_need_count, 0) AS deposit_need_count,
    COALESCE(of_need.merchant_qr_need_count, 0) AS merchant_qr_need_count,
    COALESCE(of_need.mobile_banking_need_count, 0) AS mobile_banking_need_count,
    COALESCE(of_need.social_card_need_count, 0) AS social_card_need_count,
    COALESCE(of_need.insurance_need_count, 0) AS insurance_need_count,
    COALESCE(of_need.etc_need_count, 0) AS etc_need_count,
    COALESCE(of_need.wealth_need_count, 0) AS wealth_need_count,
    of_profile.previous_tier,
    COALESCE(of_person.member_count, 0) AS member_count,
    COALESCE(of_person.worker_count, 0) AS worker_count,
    COALESCE(of_person.away_worker_count, 0) AS away_worker_count,
    COALESCE(of_person.student_count, 0) AS student_count,
    of_person.lead_birth_on,
    COALESCE(of_person.credit_consent_count, 0) AS credit_consent_count,
    COALESCE(of_person.small_child_count, 0) AS small_child_count,
    COALESCE(of_person.school_child_count, 0) AS school_child_count,
    COALESCE(of_person.elder_count, 0) AS elder_count,
    COALESCE(of_person.aged_count, 0) AS aged_count,
    COALESCE(of_person.home_worker_count, 0) AS home_worker_count,
    COALESCE(of_person.grown_student_count, 0) AS grown_student_count,
    COALESCE(of_person.college_count, 0) AS college_count,
    COALESCE(of_person.spouse_count, 0) AS spouse_count,
    COALESCE(of_person.child_count, 0) AS child_count,
    COALESCE(of_person.parent_count, 0) AS parent_count,
    COALESCE(of_person.woman_lead_count, 0) AS woman_lead_count,
    COALESCE(of_person.educated_lead_count, 0) AS educated_lead_count,
    COALESCE(of_person.legal_person_count, 0) AS legal_person_count,
    COALESCE(of_person.accounts_consent_count, 0) AS accounts_consent_count,
    COALESCE(of_person.whereabouts_consent_count, 0) AS whereabouts_consent_count,
    COALESCE(of_person.marketing_consent_count, 0) AS marketing_consent_count,
    COALESCE(of_person.ageless_lead_count, 0) AS ageless_lead_count,
    COALESCE(of_person.turning_sixty_count, 0) AS turning_sixty_count,
    COALESCE(of_person.turning_eighteen_count, 0) AS turning_eighteen_count,
    COALESCE(of_person.infant_count, 0) AS infant_count,
    COALESCE(of_person.starting_school_count, 0) AS starting_school_count,
    COALESCE(of_person.marrying_age_count, 0) AS marrying_age_count,
    of_evaluation.evaluation_percent,
    COALESCE(of_evaluation.evaluation_known_count, 0) AS evaluation_known_count,
    COALESCE(of_evaluation.evaluation_limit_fen, 0) AS evaluation_limit_fen,
    of_evaluation.evaluation_spread_percent,
    of_evaluation.evaluated_on,
    COALESCE(of_record.rented_in_m2, 0) AS rented_in_m2,
    COALESCE(of_record.rented_out_m2, 0) AS rented_out_m2,
    COALESCE(of_record.tea_m2, 0) AS tea_m2,
    COALESCE(of_record.grain_m2, 0) AS grain_m2,
    COALESCE(of_record.rape_m2, 0) AS rape_m2,
    COALESCE(of_record.vegetables_m2, 0) AS vegetables_m2,
    COALESCE(of_record.flowers_m2, 0) AS flowers_m2,
    COALESCE(of_record.pig_count, 0) AS pig_count,
    COALESCE(of_record.cattle_count, 0) AS cattle_count,
    COALESCE(of_record.sheep_count, 0) AS sheep_count,
    COALESCE(of_record.poultry_count, 0) AS poultry_count,
    COALESCE(of_record.guarantee_count, 0) AS guarantee_count,
    COALESCE(of_record.guarantee_fen, 0) AS guarantee_fen,
    COALESCE(of_record.plan_count, 0) AS plan_count,
    COALESCE(of_record.loan_plan_count, 0) AS loan_plan_count,
    COALESCE(of_record.deposit_plan_count, 0) AS deposit_plan_count,
    COALESCE(of_record.insurance_plan_count, 0) AS insurance_plan_count,
    COALESCE(of_record.wealth_plan_count, 0) AS wealth_plan_count,
    of_record.plan_next_on,
    COALESCE(of_record.late_plan_count, 0) AS late_plan_count,
    COALESCE(of_record.secured_plan_count, 0) AS secured_plan_count,
    COALESCE(of_record.long_plan_count, 0) AS long_plan_count,
    COALESCE(of_record.buyer_count, 0) AS buyer_count,
    COALESCE(of_record.supplier_count, 0) AS supplier_count,
    COALESCE(of_record.partner_share_percent, 0) AS partner_share_percent,
    COALESCE(of_record.rented_premises_count, 0) AS rented_premises_count,
    COALESCE(of_record.premises_m2, 0) AS premises_m2,
    COALESCE(of_record.house_count, 0) AS house_count,
    COALESCE(of_record.flat_count, 0) AS flat_count,
    COALESCE(of_record.deedless_count, 0) AS deedless_count,
    COALESCE(of_record.deed_count, 0) AS deed_count,
    COALESCE(of_record.house_fen, 0) AS house_fen,
    COALESCE(of_record.house_area_m2, 0) AS house_area_m2,
    COALESCE(of_record.wooden_house_count, 0) AS wooden_house_count,
    COALESCE(of_record.floors_count, 0) AS floors_count,
    COALESCE(of_record.car_count, 0) AS car_count,
    COALESCE(of_record.work_vehicle_count, 0) AS work_vehicle_count,
    COALESCE(of_record.vehicle_fen, 0) AS vehicle_fen,
    COALESCE(of_record.harvester_count, 0) AS harvester_count,
    COALESCE(of_record.honour_count, 0) AS honour_count,
    of_record.debt_due_days,
    of_record.guarantee_left_days,
    COALESCE(of_record.card_plan_count, 0) AS card_plan_count,
    COALESCE(of_record.qr_plan_count, 0) AS qr_plan_count,
    COALESCE(of_record.greenhouse_m2, 0) AS greenhouse_m2,
    COALESCE(of_record.fruit_m2, 0) AS fruit_m2,
    COALESCE(of_record.wealth_elsewhere_fen, 0) AS wealth_elsewhere_fen,
    COALESCE(of_record.rent_year_fen, 0) AS rent_year_fen,
    COALESCE(of_record.shop_house_count, 0) AS shop_house_count,
    COALESCE(of_record.partner_ours_count, 0) AS partner_ours_count,
    COALESCE(of_record.partner_not_ours_count, 0) AS partner_not_ours_count,
    COALESCE(of_record.sales_known_fen, 0) AS sales_known_fen,
    COALESCE(of_record.purchases_known_fen, 0) AS purchases_known_fen,
    COALESCE(of_photo.contract_photo_count, 0) AS contract_photo_count,
    COALESCE(of_photo.licence_photo_count, 0) AS licence_photo_count,
    COALESCE(of_asset.thing_count, 0) AS thing_count,
    COALESCE(of_asset.assets_fen, 0) AS assets_fen,
    COALESCE(of_asset.financial_assets_fen, 0) AS financial_assets_fen,
    COALESCE(of_asset.farmland_m2, 0) AS farmland_m2,
    COALESCE(of_asset.vehicle_count, 0) AS vehicle_count,
    COALESCE(of_asset.machinery_count, 0) AS machinery_count,
    COALESCE(of_presented.wealth_shown_count, 0) AS wealth_shown_count,
    COALESCE(of_presented.loan_shown_count, 0) AS loan_shown_count,
    COALESCE(of_presented.mobile_banking_shown_count, 0) AS mobile_banking_shown_count,
    COALESCE(of_debt.debts_elsewhere_fen, 0) AS debts_elsewhere_fen,
    COALESCE(of_debt.debts_private_fen, 0) AS debts_private_fen,
    COALESCE(of_frozen.place_income_per_head_fen, 2311900) AS place_income_per_head_fen,
    of_frozen.place_income_per_head_fen_level,
    COALESCE(of_frozen.place_deposits_upper_fen, 8000000) AS place_deposits_upper_fen,
    of_frozen.place_deposits_upper_fen_level,
    COALESCE(of_frozen.place_takings_fen, 10000000) AS place_takings_fen,
    of_frozen.place_takings_fen_level,
    of_frozen.frozen_on
  FROM of_customer
  LEFT JOIN of_account
    ON of_account.customer_id = of_customer.customer_id
  LEFT JOIN of_loan
    ON of_loan.customer_id = of_customer.customer_id
  LEFT JOIN of_holding
    ON of_holding.customer_id = of_customer.customer_id
  LEFT JOIN of_flow
    ON of_flow.customer_id = of_customer.customer_id
  LEFT JOIN of_value
    ON of_value.customer_id = of_customer.customer_id
  LEFT JOIN of_contact
    ON of_contact.customer_id = of_customer.customer_id
  LEFT JOIN of_need
    ON of_need.customer_id = of_customer.customer_id
  LEFT JOIN of_profile
    ON of_profile.customer_id = of_customer.customer_id
  LEFT JOIN of_person
    ON of_person.customer_id = of_customer.customer_id
  LEFT JOIN of_evaluation
    ON of_evaluation.customer_id = of_customer.customer_id
  LEFT JOIN of_record
    ON of_record.customer_id = of_customer.customer_id
  LEFT JOIN of_photo
    ON of_photo.customer_id = of_customer.customer_id
  LEFT JOIN of_asset
    ON of_asset.customer_id = of_customer.customer_id
  LEFT JOIN of_presented
    ON of_presented.customer_id = of_customer.customer_id
  LEFT JOIN of_debt
    ON of_debt.customer_id = of_customer.customer_id
  LEFT JOIN of_frozen
    ON of_frozen.grid_id = of_customer.grid_id
), features_2 AS (
  SELECT
    features_1.*,
    CAST(DATEDIFF(CAST(:as_of AS DATE), newest_account_on) AS BIGINT) AS newest_account_days,
    CAST(DATEDIFF(CAST(:as_of AS DATE), last_granted_on) AS BIGINT) AS last_granted_days,
    CAST(DATEDIFF(next_due_on, CAST(:as_of AS DATE)) AS BIGINT) AS due_days,
    CAST(DATEDIFF(CAST(:as_of AS DATE), first_account_on) AS BIGINT) AS relationship_days,
    CAST(inflow_quarter_fen AS DOUBLE) / NULLIF(CAST(inflow_quarter_before_fen AS DOUBLE), 0) AS inflow_change_ratio,
    (
      CAST(EXTRACT(YEAR FROM LEAST(CAST(:as_of AS DATE), flows_told_until_on)) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM LEAST(CAST(:as_of AS DATE), flows_told_until_on)) AS BIGINT)
    ) - (
      CAST(EXTRACT(YEAR FROM last_active_on) AS BIGINT) * 12 + CAST(EXTRACT(MONTH FROM last_active_on) AS BIGINT)
    ) AS quiet_months,
    (
      (
        CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM CAST(:as_of AS DATE)) AS BIGINT)
      ) - (
        CAST(EXTRACT(YEAR FROM licence_from_on) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM licence_from_on) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM licence_from_on) AS BIGINT)
      )
    ) DIV 10000 AS trading_years,
    CAST(DATEDIFF(licence_until_on, CAST(:as_of AS DATE)) AS BIGINT) AS licence_left_days,
    turnover_year_fen - costs_year_fen AS profit_fen,
    CAST(DATEDIFF(CAST(:as_of AS DATE), last_met_on) AS BIGINT) AS unseen_days,
    income_year_fen - spending_year_fen AS surplus_fen,
    inflow_year_fen - outflow_year_fen AS net_flow_fen,
    CAST(merchant_quarter_fen AS DOUBLE) / NULLIF(CAST(merchant_quarter_before_fen AS DOUBLE), 0) AS merchant_change_ratio,
    (
      (
        CAST(EXTRACT(YEAR FROM CAST(:as_of AS DATE)) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM CAST(:as_of AS DATE)) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM CAST(:as_of AS DATE)) AS BIGINT)
      ) - (
        CAST(EXTRACT(YEAR FROM lead_birth_on) AS BIGINT) * 10000 + CAST(EXTRACT(MONTH FROM lead_birth_on) AS BIGINT) * 100 + CAST(EXTRACT(DAY FROM lead_birth_on) AS BIGINT)
      )
    ) DIV 10000 AS lead_age_years,
    CAST(DATEDIFF(CAST(:as_of AS DATE), created_on) AS BIGINT) AS known_days,
    CAST(DATEDIFF(CAST(:as_of AS DATE), income_observed_on) AS BIGINT) AS income_age_days,
    CAST(DATEDIFF(plan_next_on, CAST(:as_of AS DATE)) AS BIGINT) AS plan_left_days,
    member_count - worker_count AS dependant_count,
    LEAST(
      COALESCE(
        CASE
          WHEN farmland_m2 - rented_out_m2 > 0
          THEN (
            rented_in_m2 * 100
          ) DIV (
            farmland_m2 - rented_out_m2
          )
          ELSE CAST(NULL AS BIGINT)
        END,
        0
      ),
      100
    ) AS rented_land_percent,
    CAST(DATEDIFF(CAST(:as_of AS DATE), evaluated_on) AS BIGINT) AS evaluated_days,
    CAST(DATEDIFF(CAST(:as_of AS DATE), last_onsite_on) AS BIGINT) AS last_onsite_days,
    CAST(DATEDIFF(next_contact_on, CAST(:as_of AS DATE)) AS BIGINT) AS next_contact_days,
    assets_fen + deposits_fen + GREATEST(deposits_elsewhere_fen, financial_assets_fen) - loans_fen - debts_elsewhere_fen - debts_private_fen AS net_assets_fen
  FROM features_1
)
SELECT
  *
FROM features_2
