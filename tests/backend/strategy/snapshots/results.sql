WITH rules_1 AS MATERIALIZED (
  SELECT
    f.*
  FROM JSONB_TO_RECORDSET(CAST(:features AS JSONB)) AS f(customer_id UUID, term_deposits_fen BIGINT, demand_deposits_fen BIGINT, social_deposits_fen BIGINT, newest_account_on DATE, newest_account_days BIGINT, loan_count BIGINT, loan_rate_bp BIGINT, last_granted_on DATE, last_granted_days BIGINT, due_days BIGINT, etc_held_count BIGINT, insurance_held_count BIGINT, wealth_held_count BIGINT, credit_card_held_count BIGINT, wages_held_count BIGINT, new_product_count BIGINT, deposits_fen BIGINT, year_average_fen BIGINT, account_count BIGINT, first_account_on DATE, relationship_days BIGINT, loans_fen BIGINT, granted_fen BIGINT, overdue_days BIGINT, next_due_on DATE, inflow_year_fen BIGINT, inflow_quarter_fen BIGINT, inflow_quarter_before_fen BIGINT, inflow_change_ratio DOUBLE PRECISION, wages_year_fen BIGINT, merchant_year_fen BIGINT, active_month_count BIGINT, last_active_on DATE, flows_told_until_on DATE, quiet_months BIGINT, product_count BIGINT, digital_count BIGINT, mobile_banking_count BIGINT, merchant_qr_count BIGINT, social_card_count BIGINT, investment_count BIGINT, business_kind TEXT, trade TEXT, licence_from_on DATE, licence_until_on DATE, trading_years BIGINT, licence_left_days BIGINT, profit_fen BIGINT, tax_year_fen BIGINT, power_year_kwh BIGINT, quarter_count BIGINT, best_quarter_fen BIGINT, worst_quarter_fen BIGINT, met_year_count BIGINT, last_met_on DATE, unseen_days BIGINT, refused_count BIGINT, need_count BIGINT, loan_need_count BIGINT, previous_tier TEXT, planting_income_fen BIGINT, breeding_income_fen BIGINT, trade_income_fen BIGINT, wages_income_fen BIGINT, transfers_income_fen BIGINT, tuition_fen BIGINT, medical_fen BIGINT, gifts_fen BIGINT, income_kinds_count BIGINT, income_expected_fen BIGINT, surplus_fen BIGINT, outflow_year_fen BIGINT, inflow_month_fen BIGINT, merchant_quarter_fen BIGINT, merchant_quarter_before_fen BIGINT, wages_quarter_fen BIGINT, net_flow_fen BIGINT, merchant_change_ratio DOUBLE PRECISION, movement_count BIGINT, merchant_month_count BIGINT, best_month_fen BIGINT, deficit_month_count BIGINT, kind TEXT, created_on DATE, has_point BOOLEAN, completeness_points BIGINT, member_count BIGINT, worker_count BIGINT, away_worker_count BIGINT, student_count BIGINT, lead_birth_on DATE, lead_age_years BIGINT, credit_consent_count BIGINT, known_days BIGINT, residence_years BIGINT, harmony TEXT, hukou TEXT, evaluation_percent BIGINT, income_year_fen BIGINT, farm_income_fen BIGINT, migrant_income_fen BIGINT, income_observed_on DATE, income_age_days BIGINT, spending_year_fen BIGINT, turnover_year_fen BIGINT, costs_year_fen BIGINT, employee_count BIGINT, rented_in_m2 BIGINT, rented_out_m2 BIGINT, tea_m2 BIGINT, grain_m2 BIGINT, rape_m2 BIGINT, vegetables_m2 BIGINT, flowers_m2 BIGINT, pig_count BIGINT, cattle_count BIGINT, sheep_count BIGINT, poultry_count BIGINT, guarantee_count BIGINT, guarantee_fen BIGINT, plan_count BIGINT, loan_plan_count BIGINT, deposit_plan_count BIGINT, insurance_plan_count BIGINT, wealth_plan_count BIGINT, plan_next_on DATE, plan_left_days BIGINT, late_plan_count BIGINT, secured_plan_count BIGINT, long_plan_count BIGINT, buyer_count BIGINT, supplier_count BIGINT, partner_share_percent BIGINT, rented_premises_count BIGINT, premises_m2 BIGINT, small_child_count BIGINT, school_child_count BIGINT, elder_count BIGINT, aged_count BIGINT, dependant_count BIGINT, home_worker_count BIGINT, grown_student_count BIGINT, college_count BIGINT, spouse_count BIGINT, child_count BIGINT, parent_count BIGINT, woman_lead_count BIGINT, educated_lead_count BIGINT, legal_person_count BIGINT, accounts_consent_count BIGINT, whereabouts_consent_count BIGINT, marketing_consent_count BIGINT, home_type TEXT, minimum_living TEXT, five_guarantees TEXT, out_of_poverty TEXT, residents_count BIGINT, evaluation_known_count BIGINT, evaluation_limit_fen BIGINT, evaluation_spread_percent BIGINT, house_count BIGINT, flat_count BIGINT, deedless_count BIGINT, deed_count BIGINT, house_fen BIGINT, house_area_m2 BIGINT, wooden_house_count BIGINT, floors_count BIGINT, car_count BIGINT, work_vehicle_count BIGINT, vehicle_fen BIGINT, harvester_count BIGINT, honour_count BIGINT, reached_year_count BIGINT, phone_year_count BIGINT, wechat_year_count BIGINT, branch_year_count BIGINT, agent_year_count BIGINT, pair_year_count BIGINT, absent_half_count BIGINT, astray_year_count BIGINT, shown_half_count BIGINT, last_onsite_on DATE, last_onsite_days BIGINT, next_contact_on DATE, next_contact_days BIGINT, wanted_fen BIGINT, deposit_need_count BIGINT, merchant_qr_need_count BIGINT, mobile_banking_need_count BIGINT, social_card_need_count BIGINT, insurance_need_count BIGINT, etc_need_count BIGINT, wealth_need_count BIGINT, loan_shown_count BIGINT, mobile_banking_shown_count BIGINT, assets_fen BIGINT, financial_assets_fen BIGINT, farmland_m2 BIGINT, vehicle_count BIGINT, machinery_count BIGINT, deposits_elsewhere_fen BIGINT, debts_elsewhere_fen BIGINT, debts_private_fen BIGINT, net_assets_fen BIGINT)
), rules_2 AS MATERIALIZED (
  SELECT
    rules_1.*,
    (
      CAST(CASE
        WHEN year_average_fen >= 20000000
        THEN 100
        WHEN year_average_fen >= 10000000
        THEN 80
        WHEN year_average_fen >= 5000000
        THEN 65
        WHEN year_average_fen >= 2000000
        THEN 45
        WHEN year_average_fen >= 500000
        THEN 20
        WHEN year_average_fen >= 100000
        THEN 10
        ELSE 0
      END AS BIGINT) * 45 + CAST(CASE
        WHEN loans_fen >= 20000000
        THEN 100
        WHEN loans_fen >= 10000000
        THEN 85
        WHEN loans_fen >= 5000000
        THEN 70
        WHEN loans_fen >= 1000000
        THEN 45
        WHEN loans_fen >= 1
        THEN 20
        ELSE 0
      END AS BIGINT) * 25 + CAST(CASE
        WHEN product_count >= 5
        THEN 100
        WHEN product_count >= 4
        THEN 80
        WHEN product_count >= 3
        THEN 60
        WHEN product_count >= 2
        THEN 40
        WHEN product_count >= 1
        THEN 20
        ELSE 0
      END AS BIGINT) * 15 + CAST(CASE
        WHEN active_month_count >= 9
        THEN 100
        WHEN active_month_count >= 6
        THEN 70
        WHEN active_month_count >= 3
        THEN 40
        WHEN active_month_count >= 1
        THEN 15
        ELSE 0
      END AS BIGINT) * 15
    ) / 100 AS current_value_points,
    CASE
      WHEN COALESCE(
        account_count > 0
        AND COALESCE(quiet_months, 999) > 12
        AND loans_fen = 0
        AND deposits_fen < 50000
        AND relationship_days > 365,
        FALSE
      )
      THEN 'lost'
      WHEN COALESCE(
        account_count > 0 AND COALESCE(quiet_months, 999) > 6 AND relationship_days > 180,
        FALSE
      )
      THEN 'dormant'
      WHEN COALESCE(account_count = 0 OR relationship_days <= 180, FALSE)
      THEN 'new'
      WHEN COALESCE(
        inflow_change_ratio < 0.6
        OR year_average_fen >= 500000
        AND deposits_fen * 2 < year_average_fen,
        FALSE
      )
      THEN 'declining'
      WHEN COALESCE(
        inflow_change_ratio >= 1.3
        OR deposits_fen >= 500000
        AND deposits_fen > (
          year_average_fen * 150
        ) / 100,
        FALSE
      )
      THEN 'growing'
      ELSE 'mature'
    END AS stage,
    CAST(CASE
      WHEN previous_tier = 'high_end'
      THEN 3
      WHEN previous_tier = 'core'
      THEN 2
      WHEN previous_tier = 'basic'
      THEN 1
      WHEN previous_tier = 'potential'
      THEN 0
      ELSE CAST(NULL AS BIGINT)
    END AS BIGINT) AS tier_previous_level,
    CAST(CASE WHEN income_age_days > 540 THEN 80 ELSE 100 END AS BIGINT) AS freshness_percent,
    CASE
      WHEN kind = 'household'
      THEN GREATEST(income_year_fen, wages_year_fen)
      ELSE GREATEST(turnover_year_fen, merchant_year_fen)
    END AS fresh_income_fen,
    GREATEST((
      net_assets_fen * 50
    ) / 100, 0) AS net_assets_cap_fen,
    overdue_days > 0 AS is_overdue,
    lead_age_years IS NULL AS is_age_unknown,
    COALESCE(NOT (
      lead_age_years BETWEEN 18 AND 60
    ), FALSE) AS is_out_of_age,
    credit_consent_count = 0 AS is_without_consent,
    CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2025-05-20' AS DATE) THEN 300 ELSE 310 END AS BIGINT) + 180 AS guide_rate_bp,
    CAST(CASE WHEN year_average_fen >= 2000000 THEN 20 ELSE 0 END AS BIGINT) AS contribution_discount_bp,
    CAST(30 AS BIGINT) AS contact_days,
    TRUE AS reason_sum_income_capacity_when,
    COALESCE(kind = 'business' OR trade_income_fen > 0 OR farm_income_fen >= 1000000, FALSE) AS suits_merchant_qr
  FROM rules_1
), rules_3 AS MATERIALIZED (
  SELECT
    rules_2.*,
    CASE
      WHEN kind = 'household'
      THEN GREATEST((
        income_year_fen * freshness_percent
      ) / 100, wages_year_fen)
      ELSE GREATEST((
        turnover_year_fen * freshness_percent
      ) / 100, merchant_year_fen)
    END AS counted_income_fen,
    CASE
      WHEN kind = 'household'
      THEN GREATEST(
        fresh_income_fen - COALESCE(spending_year_fen, (
          fresh_income_fen * 50
        ) / 100),
        0
      )
      ELSE GREATEST(COALESCE(fresh_income_fen - costs_year_fen, (
        fresh_income_fen * 15
      ) / 100), 0)
    END AS fresh_surplus_fen,
    is_overdue OR is_age_unknown OR is_out_of_age OR is_without_consent AS is_vetoed,
    COALESCE(is_overdue, FALSE) AS reason_sum_veto_overdue_when,
    COALESCE(is_out_of_age, FALSE) AS reason_sum_veto_age_when,
    COALESCE(is_age_unknown, FALSE) AS reason_sum_veto_age_unknown_when,
    COALESCE(is_without_consent, FALSE) AS reason_sum_veto_consent_when,
    net_assets_cap_fen AS reason_cap_net_assets_fen
  FROM rules_2
), rules_4 AS MATERIALIZED (
  SELECT
    rules_3.*,
    CASE
      WHEN kind = 'household'
      THEN GREATEST(
        counted_income_fen - COALESCE(spending_year_fen, (
          counted_income_fen * 50
        ) / 100),
        0
      )
      ELSE GREATEST(
        COALESCE(counted_income_fen - costs_year_fen, (
          counted_income_fen * 15
        ) / 100),
        0
      )
    END AS surplus_year_fen
  FROM rules_3
), rules_5 AS MATERIALIZED (
  SELECT
    rules_4.*,
    CASE
      WHEN kind = 'business'
      THEN (
        CAST(CASE
          WHEN lead_age_years IS NULL
          THEN 0
          WHEN lead_age_years BETWEEN 25 AND 55
          THEN 100
          WHEN lead_age_years BETWEEN 18 AND 60
          THEN 70
          ELSE 0
        END AS BIGINT) * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE
          WHEN employee_count >= 5
          THEN 100
          WHEN employee_count >= 2
          THEN 70
          WHEN employee_count >= 1
          THEN 50
          WHEN employee_count >= 0
          THEN 30
          ELSE 0
        END AS BIGINT) * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE
          WHEN assets_fen >= 80000000
          THEN 100
          WHEN assets_fen >= 40000000
          THEN 80
          WHEN assets_fen >= 15000000
          THEN 60
          WHEN assets_fen >= 5000000
          THEN 40
          WHEN assets_fen >= 1000000
          THEN 20
          ELSE 0
        END AS BIGINT) * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE
          WHEN net_assets_fen >= 80000000
          THEN 100
          WHEN net_assets_fen >= 40000000
          THEN 85
          WHEN net_assets_fen >= 15000000
          THEN 65
          WHEN net_assets_fen >= 5000000
          THEN 40
          WHEN net_assets_fen >= 1000000
          THEN 20
          ELSE 0
        END AS BIGINT) * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE
          WHEN surplus_year_fen >= 20000000
          THEN 100
          WHEN surplus_year_fen >= 12000000
          THEN 85
          WHEN surplus_year_fen >= 8000000
          THEN 70
          WHEN surplus_year_fen >= 4000000
          THEN 50
          WHEN surplus_year_fen >= 1500000
          THEN 25
          ELSE 0
        END AS BIGINT) * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + LEAST(GREATEST(completeness_points, 0), 100) * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CASE
          WHEN overdue_days > 0
          THEN 0
          ELSE CAST(CASE
            WHEN year_average_fen >= 10000000
            THEN 40
            WHEN year_average_fen >= 3000000
            THEN 30
            WHEN year_average_fen >= 1000000
            THEN 15
            ELSE 0
          END AS BIGINT) + CAST(CASE
            WHEN merchant_year_fen >= 10000000
            THEN 20
            WHEN merchant_year_fen > 0
            THEN 10
            ELSE 0
          END AS BIGINT) + CAST(CASE
            WHEN active_month_count >= 9
            THEN 20
            WHEN active_month_count >= 4
            THEN 10
            ELSE 0
          END AS BIGINT) + CAST(CASE WHEN product_count >= 4 THEN 20 WHEN product_count >= 2 THEN 10 ELSE 0 END AS BIGINT)
        END * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN LEAST(GREATEST(evaluation_percent, 0), 100) * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      ) / (
        CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
      ELSE (
        CASE
          WHEN lead_age_years IS NULL
          THEN 0
          WHEN harmony = 'poor'
          THEN 25
          WHEN lead_age_years BETWEEN 25 AND 55
          THEN CAST(CASE WHEN harmony = 'good' THEN 100 ELSE 80 END AS BIGINT)
          WHEN lead_age_years BETWEEN 18 AND 60
          THEN CAST(CASE WHEN harmony = 'good' THEN 75 ELSE 60 END AS BIGINT)
          ELSE 0
        END * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE
          WHEN worker_count >= 3
          THEN 100
          WHEN worker_count >= 2
          THEN 80
          WHEN worker_count >= 1
          THEN 40
          ELSE 0
        END AS BIGINT) * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE
          WHEN assets_fen >= 40000000
          THEN 100
          WHEN assets_fen >= 20000000
          THEN 80
          WHEN assets_fen >= 10000000
          THEN 60
          WHEN assets_fen >= 5000000
          THEN 40
          WHEN assets_fen >= 1000000
          THEN 20
          ELSE 0
        END AS BIGINT) * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE
          WHEN net_assets_fen >= 50000000
          THEN 100
          WHEN net_assets_fen >= 30000000
          THEN 85
          WHEN net_assets_fen >= 15000000
          THEN 65
          WHEN net_assets_fen >= 5000000
          THEN 40
          WHEN net_assets_fen >= 1000000
          THEN 20
          ELSE 0
        END AS BIGINT) * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE
          WHEN income_year_fen >= 3467850 * GREATEST(member_count, 1)
          THEN 100
          WHEN income_year_fen >= 2774280 * GREATEST(member_count, 1)
          THEN 85
          WHEN income_year_fen >= 2311900 * GREATEST(member_count, 1)
          THEN 70
          WHEN income_year_fen >= 1618330 * GREATEST(member_count, 1)
          THEN 50
          WHEN income_year_fen >= 924760 * GREATEST(member_count, 1)
          THEN 25
          ELSE 0
        END AS BIGINT) * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + LEAST(GREATEST(completeness_points, 0), 100) * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CASE
          WHEN overdue_days > 0
          THEN 0
          ELSE CAST(CASE
            WHEN year_average_fen >= 5000000
            THEN 50
            WHEN year_average_fen >= 2000000
            THEN 35
            WHEN year_average_fen >= 500000
            THEN 20
            ELSE 0
          END AS BIGINT) + CAST(CASE
            WHEN active_month_count >= 9
            THEN 30
            WHEN active_month_count >= 4
            THEN 20
            WHEN active_month_count >= 1
            THEN 10
            ELSE 0
          END AS BIGINT) + CAST(CASE WHEN product_count >= 4 THEN 20 WHEN product_count >= 2 THEN 10 ELSE 0 END AS BIGINT)
        END * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN LEAST(GREATEST(evaluation_percent, 0), 100) * CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      ) / (
        CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
    END AS score_points,
    (
      CAST(CASE
        WHEN GREATEST(income_year_fen, surplus_year_fen) >= 20000000
        THEN 100
        WHEN GREATEST(income_year_fen, surplus_year_fen) >= 12000000
        THEN 80
        WHEN GREATEST(income_year_fen, surplus_year_fen) >= 8000000
        THEN 60
        WHEN GREATEST(income_year_fen, surplus_year_fen) >= 5000000
        THEN 40
        WHEN GREATEST(income_year_fen, surplus_year_fen) >= 2000000
        THEN 20
        ELSE 0
      END AS BIGINT) * 35 + CAST(CASE
        WHEN net_assets_fen >= 80000000
        THEN 100
        WHEN net_assets_fen >= 50000000
        THEN 80
        WHEN net_assets_fen >= 30000000
        THEN 60
        WHEN net_assets_fen >= 15000000
        THEN 40
        WHEN net_assets_fen >= 5000000
        THEN 20
        ELSE 0
      END AS BIGINT) * 25 + CAST(CASE
        WHEN GREATEST(inflow_year_fen, turnover_year_fen) >= 30000000
        THEN 100
        WHEN GREATEST(inflow_year_fen, turnover_year_fen) >= 15000000
        THEN 80
        WHEN GREATEST(inflow_year_fen, turnover_year_fen) >= 8000000
        THEN 60
        WHEN GREATEST(inflow_year_fen, turnover_year_fen) >= 4000000
        THEN 40
        WHEN GREATEST(inflow_year_fen, turnover_year_fen) >= 1000000
        THEN 20
        ELSE 0
      END AS BIGINT) * 20 + CAST(CASE WHEN need_count >= 2 THEN 100 WHEN need_count >= 1 THEN 60 ELSE 0 END AS BIGINT) * 20
    ) / 100 AS potential_value_points,
    (
      surplus_year_fen * 150
    ) / 100 AS income_capacity_fen
  FROM rules_4
), rules_6 AS MATERIALIZED (
  SELECT
    rules_5.*,
    CASE
      WHEN COALESCE(score_points >= 80, FALSE)
      THEN 'AAA'
      WHEN COALESCE(score_points >= 70, FALSE)
      THEN 'AA'
      WHEN COALESCE(score_points >= 60, FALSE)
      THEN 'A'
      ELSE 'none'
    END AS grade,
    CAST(CASE
      WHEN COALESCE(
        current_value_points >= 60
        OR current_value_points >= 55
        AND potential_value_points >= 75,
        FALSE
      )
      THEN 3
      WHEN COALESCE(
        current_value_points >= 40
        OR current_value_points >= 25
        AND potential_value_points >= 55,
        FALSE
      )
      THEN 2
      WHEN COALESCE(current_value_points >= 10, FALSE)
      THEN 1
      ELSE 0
    END AS BIGINT) AS tier_reached_level,
    CAST(CASE
      WHEN COALESCE(
        current_value_points + 5 >= 60
        OR current_value_points + 5 >= 55
        AND potential_value_points + 5 >= 75,
        FALSE
      )
      THEN 3
      WHEN COALESCE(
        current_value_points + 5 >= 40
        OR current_value_points + 5 >= 25
        AND potential_value_points + 5 >= 55,
        FALSE
      )
      THEN 2
      WHEN COALESCE(current_value_points + 5 >= 10, FALSE)
      THEN 1
      ELSE 0
    END AS BIGINT) AS tier_eased_level,
    score_points + (
      CAST(CASE WHEN CAST(:as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) * (
        100 - LEAST(GREATEST(completeness_points, 0), 100)
      )
    ) / 100 AS complete_score_points,
    income_capacity_fen AS reason_sum_income_capacity_fen,
    net_assets_cap_fen - income_capacity_fen AS reason_sum_net_assets_cap_fen
  FROM rules_5
), rules_7 AS MATERIALIZED (
  SELECT
    rules_6.*,
    CASE
      WHEN COALESCE(tier_reached_level < tier_previous_level, FALSE)
      THEN LEAST(tier_previous_level, tier_eased_level)
      ELSE tier_reached_level
    END AS tier_level,
    CAST(CASE
      WHEN grade = 'AAA'
      THEN 30000000
      WHEN grade = 'AA'
      THEN 15000000
      WHEN grade = 'A'
      THEN 8000000
      ELSE 0
    END AS BIGINT) AS grade_cap_fen,
    CAST(CASE
      WHEN complete_score_points >= 80
      THEN 30000000
      WHEN complete_score_points >= 70
      THEN 15000000
      WHEN complete_score_points >= 60
      THEN 8000000
      ELSE 0
    END AS BIGINT) AS complete_grade_cap_fen
  FROM rules_6
), rules_8 AS MATERIALIZED (
  SELECT
    rules_7.*,
    CASE
      WHEN tier_level = 3
      THEN 'high_end'
      WHEN tier_level = 2
      THEN 'core'
      WHEN tier_level = 1
      THEN 'basic'
      ELSE 'potential'
    END AS tier,
    LEAST(income_capacity_fen, net_assets_cap_fen, grade_cap_fen) AS lowest_cap_fen,
    GREATEST(
      LEAST(income_capacity_fen, net_assets_cap_fen, complete_grade_cap_fen) - GREATEST(debts_elsewhere_fen, 0),
      0
    ) - (
      GREATEST(
        LEAST(income_capacity_fen, net_assets_cap_fen, complete_grade_cap_fen) - GREATEST(debts_elsewhere_fen, 0),
        0
      ) % 100000
    ) AS complete_limit_fen,
    GREATEST(
      LEAST((
        fresh_surplus_fen * 150
      ) / 100, net_assets_cap_fen, grade_cap_fen) - GREATEST(debts_elsewhere_fen, 0),
      0
    ) - (
      GREATEST(
        LEAST((
          fresh_surplus_fen * 150
        ) / 100, net_assets_cap_fen, grade_cap_fen) - GREATEST(debts_elsewhere_fen, 0),
        0
      ) % 100000
    ) AS fresh_limit_fen,
    COALESCE(
      net_assets_cap_fen < income_capacity_fen AND net_assets_cap_fen <= grade_cap_fen,
      FALSE
    ) AS reason_sum_net_assets_cap_when,
    COALESCE(
      grade <> 'none'
      AND grade_cap_fen < income_capacity_fen
      AND grade_cap_fen < net_assets_cap_fen,
      FALSE
    ) AS reason_sum_grade_cap_when,
    grade_cap_fen - income_capacity_fen AS reason_sum_grade_cap_fen,
    COALESCE(
      grade = 'none'
      AND grade_cap_fen < income_capacity_fen
      AND grade_cap_fen < net_assets_cap_fen,
      FALSE
    ) AS reason_sum_no_grade_when,
    grade_cap_fen - income_capacity_fen AS reason_sum_no_grade_fen,
    grade_cap_fen AS reason_cap_grade_fen
  FROM rules_7
), rules_9 AS MATERIALIZED (
  SELECT
    rules_8.*,
    LEAST(GREATEST(debts_elsewhere_fen, 0), lowest_cap_fen) AS debts_counted_fen,
    CAST(CASE
      WHEN tier = 'high_end'
      THEN 50
      WHEN tier = 'core'
      THEN 25
      WHEN tier = 'basic'
      THEN 10
      ELSE 0
    END AS BIGINT) AS tier_discount_bp,
    CAST(CASE
      WHEN tier = 'high_end'
      THEN 30
      WHEN tier = 'core'
      THEN 60
      WHEN tier = 'basic'
      THEN 120
      ELSE 180
    END AS BIGINT) AS visit_days
  FROM rules_8
), rules_10 AS MATERIALIZED (
  SELECT
    rules_9.*,
    lowest_cap_fen - debts_counted_fen - (
      (
        lowest_cap_fen - debts_counted_fen
      ) % 100000
    ) AS limit_before_veto_fen,
    COALESCE(debts_counted_fen > 0, FALSE) AS reason_sum_debts_elsewhere_when,
    -debts_counted_fen AS reason_sum_debts_elsewhere_fen
  FROM rules_9
), rules_11 AS MATERIALIZED (
  SELECT
    rules_10.*,
    CASE
      WHEN is_overdue OR is_age_unknown OR is_out_of_age OR is_without_consent
      THEN 0
      ELSE limit_before_veto_fen
    END AS limit_fen,
    CASE
      WHEN is_without_consent AND NOT (
        is_overdue OR is_age_unknown OR is_out_of_age
      )
      THEN limit_before_veto_fen
      ELSE 0
    END AS consent_raise_fen,
    COALESCE(limit_before_veto_fen < lowest_cap_fen - debts_counted_fen, FALSE) AS reason_sum_rounding_when,
    limit_before_veto_fen - (
      lowest_cap_fen - debts_counted_fen
    ) AS reason_sum_rounding_fen,
    -limit_before_veto_fen AS reason_sum_veto_overdue_fen,
    CASE WHEN is_overdue THEN 0 ELSE -limit_before_veto_fen END AS reason_sum_veto_age_fen,
    CASE WHEN is_overdue THEN 0 ELSE -limit_before_veto_fen END AS reason_sum_veto_age_unknown_fen,
    CASE
      WHEN is_overdue OR is_age_unknown OR is_out_of_age
      THEN 0
      ELSE -limit_before_veto_fen
    END AS reason_sum_veto_consent_fen
  FROM rules_10
), rules_12 AS MATERIALIZED (
  SELECT
    rules_11.*,
    CASE WHEN is_vetoed THEN 0 ELSE complete_limit_fen - limit_fen END AS completeness_raise_fen,
    CASE WHEN is_vetoed THEN 0 ELSE fresh_limit_fen - limit_fen END AS fresh_income_raise_fen,
    CASE
      WHEN limit_fen > 0
      THEN GREATEST(guide_rate_bp - tier_discount_bp - contribution_discount_bp, 385)
      ELSE CAST(NULL AS BIGINT)
    END AS rate_bp,
    COALESCE(consent_raise_fen > 0, FALSE) AS reason_raise_consent_when,
    consent_raise_fen AS reason_raise_consent_fen,
    COALESCE(limit_fen > 0 AND net_assets_cap_fen > lowest_cap_fen, FALSE) AS reason_cap_net_assets_when,
    COALESCE(limit_fen > 0 AND grade_cap_fen > lowest_cap_fen, FALSE) AS reason_cap_grade_when
  FROM rules_11
), rules_13 AS MATERIALIZED (
  SELECT
    rules_12.*,
    COALESCE(completeness_raise_fen > 0, FALSE) AS reason_raise_completeness_when,
    completeness_raise_fen AS reason_raise_completeness_fen,
    COALESCE(fresh_income_raise_fen > 0, FALSE) AS reason_raise_fresh_income_when,
    fresh_income_raise_fen AS reason_raise_fresh_income_fen
  FROM rules_12
)
SELECT
  customer_id,
  tier,
  stage,
  grade,
  score_points,
  limit_fen,
  rate_bp,
  contact_days,
  visit_days,
  ARRAY[
    CAST(CASE WHEN COALESCE(lead_age_years BETWEEN 18 AND 60, FALSE) THEN 1 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(member_count >= 5, FALSE)
      THEN 2
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(hukou = 'other', FALSE) THEN 4 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(farmland_m2 >= 33350, FALSE) THEN 8 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(vehicle_count >= 1, FALSE) THEN 16 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(net_assets_fen >= 50000000, FALSE) THEN 32 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(
        member_count > 0
        AND CAST(income_year_fen AS DOUBLE PRECISION) / NULLIF(CAST(member_count * 2311900 AS DOUBLE PRECISION), 0) >= 1.5,
        FALSE
      )
      THEN 64
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(year_average_fen >= 100000, FALSE) THEN 128 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(loans_fen > 0, FALSE) THEN 256 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(investment_count >= 1, FALSE) THEN 512 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(mobile_banking_count >= 1, FALSE) THEN 1024 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(merchant_qr_count >= 1, FALSE) THEN 2048 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(social_card_count >= 1, FALSE) THEN 4096 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(active_month_count >= 9, FALSE) THEN 8192 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(inflow_change_ratio >= 1.3 AND inflow_quarter_fen >= 500000, FALSE)
      THEN 16384
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(wages_year_fen > 0, FALSE) THEN 32768 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(merchant_year_fen >= 10000000, FALSE) THEN 65536 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(overdue_days > 0, FALSE) THEN 131072 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(debts_elsewhere_fen > 0, FALSE) THEN 262144 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(limit_fen >= 1000000 AND loans_fen = 0, FALSE)
      THEN 524288
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(year_average_fen >= 20000000, FALSE) THEN 1048576 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(product_count >= 4, FALSE) THEN 2097152 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(away_worker_count >= 1, FALSE)
      THEN 4194304
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(student_count >= 1, FALSE)
      THEN 8388608
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(loan_need_count >= 1, FALSE) THEN 16777216 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(last_met_on IS NULL OR unseen_days > 180, FALSE)
      THEN 33554432
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(refused_count >= 2, FALSE) THEN 67108864 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(due_days BETWEEN 0 AND 90, FALSE) THEN 134217728 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(due_days BETWEEN 0 AND 30, FALSE) THEN 268435456 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(granted_fen > 0 AND loans_fen * 100 >= granted_fen * 95, FALSE)
      THEN 2147483648
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(loans_fen > 0 AND loans_fen * 100 < granted_fen * 50, FALSE)
      THEN 4294967296
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(loan_count >= 1 AND loans_fen = 0, FALSE)
      THEN 8589934592
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(loan_count = 0, FALSE) THEN 17179869184 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(loans_fen >= 10000000, FALSE) THEN 34359738368 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(loans_fen BETWEEN 1 AND 2999999, FALSE)
      THEN 68719476736
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(loan_rate_bp > 480, FALSE) THEN 137438953472 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(loan_rate_bp <= 405, FALSE) THEN 274877906944 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(last_granted_days <= 180, FALSE) THEN 549755813888 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(limit_fen = 0, FALSE) THEN 1099511627776 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(limit_fen >= 10000000, FALSE) THEN 2199023255552 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(loans_fen > 0 AND limit_fen > loans_fen, FALSE)
      THEN 4398046511104
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(loans_fen > limit_fen, FALSE) THEN 8796093022208 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(grade = 'AAA', FALSE) THEN 17592186044416 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(grade = 'AA', FALSE) THEN 35184372088832 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(grade = 'A', FALSE) THEN 70368744177664 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(score_points BETWEEN 55 AND 59, FALSE)
      THEN 140737488355328
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(loans_fen + debts_elsewhere_fen + debts_private_fen = 0, FALSE)
      THEN 281474976710656
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(debts_private_fen > 0, FALSE)
      THEN 562949953421312
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(debts_elsewhere_fen >= 5000000, FALSE)
      THEN 1125899906842624
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(loans_fen > 0 AND debts_elsewhere_fen > 0, FALSE)
      THEN 2251799813685248
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(loans_fen = 0 AND debts_elsewhere_fen > 0, FALSE)
      THEN 4503599627370496
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(
        income_year_fen > 0
        AND (
          loans_fen + debts_elsewhere_fen + debts_private_fen
        ) * 100 > income_year_fen * 150,
        FALSE
      )
      THEN 9007199254740992
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(
        income_year_fen > 0
        AND loans_fen + debts_elsewhere_fen + debts_private_fen > 0
        AND (
          loans_fen + debts_elsewhere_fen + debts_private_fen
        ) * 100 < income_year_fen * 30,
        FALSE
      )
      THEN 18014398509481984
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(guarantee_count >= 1, FALSE) THEN 36028797018963968 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(guarantee_fen > 0 AND guarantee_fen > income_year_fen + turnover_year_fen, FALSE)
      THEN 72057594037927936
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(completeness_points >= 80 AND evaluation_percent IS NULL, FALSE)
      THEN 144115188075855872
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(evaluation_percent >= 80, FALSE)
      THEN 288230376151711744
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(evaluation_percent < 60, FALSE)
      THEN 576460752303423488
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(evaluation_spread_percent >= 20, FALSE)
      THEN 1152921504606846976
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(evaluation_known_count >= 4, FALSE)
      THEN 2305843009213693952
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(evaluation_limit_fen > limit_fen, FALSE)
      THEN 4611686018427387904
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(unseen_days <= 30, FALSE) THEN -9223372036854775808 ELSE 0 END AS BIGINT),
    CAST(CASE WHEN COALESCE(last_met_on IS NULL OR unseen_days > 60, FALSE) THEN 1 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(last_met_on IS NULL, FALSE) THEN 2 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(last_onsite_on IS NULL, FALSE) THEN 4 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(last_onsite_days > 180, FALSE) THEN 8 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(last_onsite_days <= 30, FALSE) THEN 16 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(reached_year_count >= 4, FALSE) THEN 32 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(reached_year_count = 1, FALSE) THEN 64 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(phone_year_count >= 1, FALSE) THEN 128 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(wechat_year_count >= 1, FALSE) THEN 256 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(branch_year_count >= 1, FALSE) THEN 512 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(agent_year_count >= 1, FALSE) THEN 1024 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(pair_year_count >= 1, FALSE) THEN 2048 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(absent_half_count >= 1, FALSE) THEN 4096 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(absent_half_count >= 2, FALSE) THEN 8192 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(astray_year_count >= 1, FALSE) THEN 16384 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(refused_count = 1, FALSE) THEN 32768 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(next_contact_days BETWEEN 0 AND 14, FALSE) THEN 65536 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(
        next_contact_days < 0
        AND (
          last_met_on IS NULL OR last_met_on < next_contact_on
        ),
        FALSE
      )
      THEN 131072
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(deposit_need_count >= 1, FALSE) THEN 262144 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(merchant_qr_need_count >= 1 AND merchant_qr_count = 0, FALSE)
      THEN 524288
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(mobile_banking_need_count >= 1 AND mobile_banking_count = 0, FALSE)
      THEN 1048576
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(social_card_need_count >= 1 AND social_card_count = 0, FALSE)
      THEN 2097152
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(insurance_need_count >= 1 AND insurance_held_count = 0, FALSE)
      THEN 4194304
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(etc_need_count >= 1 AND etc_held_count = 0, FALSE)
      THEN 8388608
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(wealth_need_count >= 1 AND wealth_held_count = 0, FALSE)
      THEN 16777216
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(wanted_fen >= 10000000, FALSE) THEN 33554432 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(wanted_fen > limit_fen, FALSE) THEN 67108864 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(loan_need_count >= 1 AND limit_fen > 0 AND limit_fen >= wanted_fen, FALSE)
      THEN 134217728
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(need_count >= 2, FALSE) THEN 268435456 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(shown_half_count >= 1, FALSE) THEN 536870912 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(loan_shown_count >= 1 AND loan_count = 0, FALSE)
      THEN 1073741824
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(mobile_banking_shown_count >= 1 AND mobile_banking_count = 0, FALSE)
      THEN 2147483648
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(plan_count >= 1, FALSE) THEN 4294967296 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(loan_plan_count >= 1, FALSE) THEN 8589934592 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(deposit_plan_count + wealth_plan_count >= 1, FALSE)
      THEN 17179869184
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(insurance_plan_count >= 1, FALSE) THEN 34359738368 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(plan_left_days BETWEEN 0 AND 60, FALSE)
      THEN 68719476736
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(late_plan_count >= 1, FALSE) THEN 137438953472 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(secured_plan_count >= 1, FALSE) THEN 274877906944 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(long_plan_count >= 1, FALSE) THEN 549755813888 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(tier = 'high_end', FALSE) THEN 1099511627776 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(tier = 'core', FALSE) THEN 2199023255552 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(tier = 'basic', FALSE) THEN 4398046511104 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(stage = 'new', FALSE) THEN 8796093022208 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(stage = 'growing', FALSE) THEN 17592186044416 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(stage = 'declining', FALSE) THEN 35184372088832 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(stage = 'dormant', FALSE) THEN 70368744177664 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(year_average_fen >= 2000000, FALSE)
      THEN 140737488355328
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(year_average_fen >= 5000000, FALSE)
      THEN 281474976710656
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(year_average_fen > 0 AND deposits_fen * 100 >= year_average_fen * 108, FALSE)
      THEN 562949953421312
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(deposits_fen * 100 <= year_average_fen * 92 AND year_average_fen > 0, FALSE)
      THEN 1125899906842624
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(deposits_fen >= 5000000 AND deposits_fen > year_average_fen, FALSE)
      THEN 2251799813685248
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(
        GREATEST(deposits_elsewhere_fen, financial_assets_fen) > 0
        AND deposits_fen * 100 >= (
          deposits_fen + GREATEST(deposits_elsewhere_fen, financial_assets_fen)
        ) * 80,
        FALSE
      )
      THEN 4503599627370496
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(
        deposits_fen * 100 < (
          deposits_fen + GREATEST(deposits_elsewhere_fen, financial_assets_fen)
        ) * 30,
        FALSE
      )
      THEN 9007199254740992
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(year_average_fen >= 100000 AND loans_fen > 0, FALSE)
      THEN 18014398509481984
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(relationship_days >= 1095, FALSE)
      THEN 36028797018963968
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(net_assets_fen >= 50000000 AND product_count < 2, FALSE)
      THEN 72057594037927936
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(income_year_fen >= 15000000 AND year_average_fen < 100000, FALSE)
      THEN 144115188075855872
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(active_month_count = 0, FALSE) THEN 288230376151711744 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(quiet_months > 3, FALSE) THEN 576460752303423488 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(
        inflow_quarter_before_fen > 0
        AND inflow_quarter_fen * 100 < inflow_quarter_before_fen * 70,
        FALSE
      )
      THEN 1152921504606846976
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(inflow_year_fen >= 10000000, FALSE)
      THEN 2305843009213693952
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(active_month_count >= 1 AND inflow_year_fen < 500000, FALSE)
      THEN 4611686018427387904
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(best_month_fen >= 5000000, FALSE)
      THEN -9223372036854775808
      ELSE 0
    END AS BIGINT),
    CAST(CASE WHEN COALESCE(net_flow_fen >= 1000000, FALSE) THEN 1 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(net_flow_fen < 0, FALSE) THEN 2 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(deficit_month_count >= 6, FALSE) THEN 4 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(movement_count >= 200, FALSE) THEN 8 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(movement_count BETWEEN 1 AND 59, FALSE) THEN 16 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(wages_quarter_fen >= 600000, FALSE)
      THEN 32
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(wages_year_fen > 0 AND wages_quarter_fen = 0, FALSE)
      THEN 64
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(merchant_year_fen > 0, FALSE) THEN 128 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(merchant_year_fen >= 3000000, FALSE) THEN 256 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(merchant_year_fen >= 30000000, FALSE) THEN 512 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(merchant_change_ratio >= 1.3, FALSE) THEN 1024 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(
        merchant_quarter_before_fen > 0
        AND merchant_quarter_fen * 100 < merchant_quarter_before_fen * 70,
        FALSE
      )
      THEN 2048
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(inflow_quarter_fen > 0 AND inflow_month_fen = 0, FALSE)
      THEN 4096
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(income_year_fen > 0 AND inflow_year_fen * 100 >= income_year_fen * 60, FALSE)
      THEN 8192
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(income_year_fen > 0 AND inflow_year_fen * 100 < income_year_fen * 20, FALSE)
      THEN 16384
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(turnover_year_fen > 0 AND inflow_year_fen * 100 < turnover_year_fen * 20, FALSE)
      THEN 32768
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(account_count = 0, FALSE) THEN 65536 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(product_count = 0, FALSE) THEN 131072 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(product_count = 1, FALSE) THEN 262144 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(product_count >= 5, FALSE) THEN 524288 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(term_deposits_fen > 0, FALSE) THEN 1048576 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(term_deposits_fen >= 10000000, FALSE) THEN 2097152 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(demand_deposits_fen >= 3000000 AND term_deposits_fen = 0, FALSE)
      THEN 4194304
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(account_count >= 1 AND deposits_fen < 100000, FALSE)
      THEN 8388608
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(social_deposits_fen > 0, FALSE)
      THEN 16777216
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(newest_account_days <= 365, FALSE) THEN 33554432 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(insurance_held_count >= 1, FALSE) THEN 67108864 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(wealth_held_count >= 1, FALSE) THEN 134217728 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(credit_card_held_count >= 1, FALSE) THEN 268435456 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(deposits_fen >= 5000000 AND wealth_held_count = 0, FALSE)
      THEN 536870912
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(loans_fen > 0 AND insurance_held_count = 0, FALSE)
      THEN 1073741824
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(deposits_fen >= 100000 AND loan_count = 0, FALSE)
      THEN 2147483648
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(loans_fen > 0 AND deposits_fen < 100000, FALSE)
      THEN 4294967296
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(loan_count >= 2, FALSE) THEN 8589934592 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(new_product_count >= 1, FALSE) THEN 17179869184 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(product_count >= 1 AND new_product_count = 0, FALSE)
      THEN 34359738368
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(new_product_count >= 3, FALSE) THEN 68719476736 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(account_count >= 1 AND mobile_banking_count = 0, FALSE)
      THEN 137438953472
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(account_count >= 1 AND social_card_count = 0, FALSE)
      THEN 274877906944
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(elder_count >= 1 AND social_card_count = 0, FALSE)
      THEN 549755813888
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(lead_age_years < 35 AND mobile_banking_count = 0, FALSE)
      THEN 1099511627776
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(etc_held_count >= 1, FALSE) THEN 2199023255552 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(wages_held_count >= 1, FALSE)
      THEN 4398046511104
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(wages_income_fen > 0 AND wages_held_count = 0, FALSE)
      THEN 8796093022208
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(digital_count >= 2, FALSE) THEN 17592186044416 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(product_count >= 1 AND digital_count = 0, FALSE)
      THEN 35184372088832
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(merchant_qr_count = 0, FALSE)
      THEN 70368744177664
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(trade_income_fen > 0 AND merchant_qr_count = 0, FALSE)
      THEN 140737488355328
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(merchant_qr_count >= 1 AND merchant_month_count = 0, FALSE)
      THEN 281474976710656
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(merchant_month_count >= 9, FALSE) THEN 562949953421312 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(marketing_consent_count >= 1, FALSE)
      THEN 1125899906842624
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(farmland_m2 = 0, FALSE)
      THEN 2251799813685248
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(farmland_m2 >= 6670, FALSE)
      THEN 4503599627370496
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(rented_in_m2 > 0, FALSE)
      THEN 9007199254740992
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(rented_in_m2 >= 13340, FALSE)
      THEN 18014398509481984
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(rented_out_m2 > 0, FALSE)
      THEN 36028797018963968
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tea_m2 > 0, FALSE)
      THEN 72057594037927936
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(grain_m2 > 0, FALSE)
      THEN 144115188075855872
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(rape_m2 > 0, FALSE)
      THEN 288230376151711744
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(vegetables_m2 > 0, FALSE)
      THEN 576460752303423488
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(flowers_m2 > 0, FALSE)
      THEN 1152921504606846976
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tea_m2 + vegetables_m2 + flowers_m2 >= 2001, FALSE)
      THEN 2305843009213693952
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(pig_count >= 1, FALSE)
      THEN 4611686018427387904
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(pig_count >= 5, FALSE)
      THEN -9223372036854775808
      ELSE 0
    END AS BIGINT),
    CAST(CASE
      WHEN kind = 'household' AND COALESCE(cattle_count + sheep_count >= 1, FALSE)
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(poultry_count >= 50, FALSE)
      THEN 2
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(machinery_count >= 1, FALSE)
      THEN 4
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(harvester_count >= 1, FALSE)
      THEN 8
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(farmland_m2 >= 6670 AND machinery_count = 0, FALSE)
      THEN 16
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN kind = 'household' AND COALESCE(house_count = 0, FALSE) THEN 32 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(house_count >= 2, FALSE)
      THEN 64
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(flat_count >= 1, FALSE)
      THEN 128
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(flat_count >= 1 AND home_type = 'homestead', FALSE)
      THEN 256
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(deedless_count >= 1, FALSE)
      THEN 512
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(deed_count >= 1, FALSE)
      THEN 1024
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(wooden_house_count >= 1, FALSE)
      THEN 2048
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(house_area_m2 >= 250, FALSE)
      THEN 4096
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(floors_count >= 3, FALSE)
      THEN 8192
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(house_fen >= 30000000, FALSE)
      THEN 16384
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(car_count >= 1, FALSE)
      THEN 32768
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(work_vehicle_count >= 1, FALSE)
      THEN 65536
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(vehicle_fen >= 8000000, FALSE)
      THEN 131072
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(car_count >= 1 AND etc_held_count = 0, FALSE)
      THEN 262144
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(deposits_elsewhere_fen > 0 OR financial_assets_fen > 0, FALSE)
      THEN 524288
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(honour_count >= 1, FALSE)
      THEN 1048576
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(income_year_fen = 0, FALSE)
      THEN 2097152
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(income_age_days > 540, FALSE)
      THEN 4194304
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(income_year_fen >= 15000000, FALSE)
      THEN 8388608
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(income_year_fen > 0 AND income_year_fen < member_count * 1000000, FALSE)
      THEN 16777216
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(income_year_fen > 0 AND planting_income_fen * 100 >= income_year_fen * 60, FALSE)
      THEN 33554432
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(income_year_fen > 0 AND trade_income_fen * 100 >= income_year_fen * 60, FALSE)
      THEN 67108864
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(income_year_fen > 0 AND wages_income_fen * 100 >= income_year_fen * 60, FALSE)
      THEN 134217728
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(income_year_fen > 0 AND migrant_income_fen * 100 >= income_year_fen * 60, FALSE)
      THEN 268435456
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(income_year_fen > 0 AND transfers_income_fen * 100 >= income_year_fen * 60, FALSE)
      THEN 536870912
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(breeding_income_fen > 0, FALSE)
      THEN 1073741824
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(trade_income_fen > 0, FALSE)
      THEN 2147483648
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(income_kinds_count >= 3, FALSE)
      THEN 4294967296
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(income_kinds_count = 1, FALSE)
      THEN 8589934592
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(income_expected_fen * 100 >= income_year_fen * 115 AND income_year_fen > 0, FALSE)
      THEN 17179869184
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(income_expected_fen * 100 <= income_year_fen * 90 AND income_year_fen > 0, FALSE)
      THEN 34359738368
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(income_year_fen > 0 AND spending_year_fen IS NULL, FALSE)
      THEN 68719476736
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(surplus_fen < 0, FALSE)
      THEN 137438953472
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(surplus_fen BETWEEN 0 AND 999999, FALSE)
      THEN 274877906944
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(surplus_fen >= 6000000, FALSE)
      THEN 549755813888
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tuition_fen >= 800000, FALSE)
      THEN 1099511627776
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(medical_fen >= 800000, FALSE)
      THEN 2199023255552
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(gifts_fen >= 800000, FALSE)
      THEN 4398046511104
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tuition_fen > 0, FALSE)
      THEN 8796093022208
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(net_assets_fen >= 100000000, FALSE)
      THEN 17592186044416
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(net_assets_fen BETWEEN 0 AND 4999999, FALSE)
      THEN 35184372088832
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(net_assets_fen < 0, FALSE) THEN 70368744177664 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(turnover_year_fen = 0, FALSE)
      THEN 140737488355328
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(turnover_year_fen >= 100000000, FALSE)
      THEN 281474976710656
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(turnover_year_fen > 0 AND turnover_year_fen < 30000000, FALSE)
      THEN 562949953421312
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(turnover_year_fen > 0 AND profit_fen * 100 >= turnover_year_fen * 20, FALSE)
      THEN 1125899906842624
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(turnover_year_fen > 0 AND profit_fen * 100 < turnover_year_fen * 12, FALSE)
      THEN 2251799813685248
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(quarter_count = 4 AND best_quarter_fen * 100 >= worst_quarter_fen * 160, FALSE)
      THEN 4503599627370496
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(quarter_count = 4 AND best_quarter_fen * 100 < worst_quarter_fen * 160, FALSE)
      THEN 9007199254740992
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(quarter_count = 0, FALSE)
      THEN 18014398509481984
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(employee_count >= 8, FALSE)
      THEN 36028797018963968
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(employee_count < 2 AND turnover_year_fen > 0, FALSE)
      THEN 72057594037927936
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(tax_year_fen > 0, FALSE)
      THEN 144115188075855872
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(tax_year_fen >= 1000000, FALSE)
      THEN 288230376151711744
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(power_year_kwh >= 30000, FALSE)
      THEN 576460752303423488
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(power_year_kwh > 0, FALSE)
      THEN 1152921504606846976
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(rented_premises_count >= 1, FALSE)
      THEN 2305843009213693952
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(premises_m2 > 0 AND rented_premises_count = 0, FALSE)
      THEN 4611686018427387904
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(premises_m2 >= 300, FALSE)
      THEN -9223372036854775808
      ELSE 0
    END AS BIGINT),
    CAST(CASE
      WHEN kind = 'household' AND COALESCE(parent_count >= 1 AND child_count >= 1, FALSE)
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(parent_count >= 1, FALSE)
      THEN 2
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(spouse_count >= 1 AND member_count = 2, FALSE)
      THEN 8
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(child_count >= 1, FALSE)
      THEN 16
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(child_count >= 3, FALSE)
      THEN 32
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(away_worker_count >= 2, FALSE)
      THEN 64
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(away_worker_count >= 1 AND small_child_count + school_child_count >= 1, FALSE)
      THEN 128
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(away_worker_count >= 1 AND elder_count >= 1, FALSE)
      THEN 256
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(worker_count >= 1 AND away_worker_count >= 1 AND home_worker_count = 0, FALSE)
      THEN 512
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(away_worker_count >= 1 AND farm_income_fen > 0, FALSE)
      THEN 1024
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(elder_count >= 1 AND small_child_count + school_child_count >= 1, FALSE)
      THEN 2048
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(loans_fen > 0 AND guarantee_count >= 1, FALSE)
      THEN 4096
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(buyer_count + supplier_count >= 1, FALSE)
      THEN 8192
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(buyer_count + supplier_count = 0, FALSE)
      THEN 16384
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(buyer_count >= 1, FALSE)
      THEN 32768
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(supplier_count >= 1, FALSE)
      THEN 65536
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(buyer_count >= 1 AND supplier_count >= 1, FALSE)
      THEN 131072
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(partner_share_percent >= 50, FALSE)
      THEN 262144
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(legal_person_count >= 1, FALSE)
      THEN 524288
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(member_count >= 1 AND legal_person_count = 0, FALSE)
      THEN 1048576
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(lead_age_years < 35, FALSE)
      THEN 2097152
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(lead_age_years BETWEEN 55 AND 60, FALSE)
      THEN 4194304
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(lead_age_years > 60, FALSE)
      THEN 8388608
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(lead_age_years >= 80, FALSE)
      THEN 16777216
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(woman_lead_count >= 1, FALSE)
      THEN 33554432
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(educated_lead_count >= 1, FALSE)
      THEN 67108864
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(member_count = 1, FALSE)
      THEN 134217728
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(member_count = 2, FALSE)
      THEN 268435456
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(member_count >= 7, FALSE)
      THEN 536870912
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(member_count = 1 AND elder_count = 1, FALSE)
      THEN 1073741824
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(member_count >= 2 AND elder_count = member_count, FALSE)
      THEN 2147483648
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(elder_count >= 1, FALSE)
      THEN 4294967296
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(elder_count >= 2, FALSE)
      THEN 8589934592
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(aged_count >= 1, FALSE)
      THEN 17179869184
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(small_child_count >= 1, FALSE)
      THEN 34359738368
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(school_child_count >= 1, FALSE)
      THEN 68719476736
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(small_child_count + school_child_count >= 2, FALSE)
      THEN 137438953472
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(grown_student_count >= 1, FALSE)
      THEN 274877906944
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(college_count >= 1, FALSE)
      THEN 549755813888
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(member_count > 0 AND worker_count = 0, FALSE)
      THEN 1099511627776
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(worker_count = 1 AND member_count >= 2, FALSE)
      THEN 2199023255552
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(worker_count >= 3, FALSE)
      THEN 4398046511104
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(worker_count >= 1 AND dependant_count * 100 >= worker_count * 200, FALSE)
      THEN 8796093022208
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(member_count >= 2 AND spouse_count = 0, FALSE)
      THEN 17592186044416
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(home_type = 'rented', FALSE)
      THEN 35184372088832
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(home_type = 'flat', FALSE)
      THEN 70368744177664
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(minimum_living = 'yes', FALSE)
      THEN 140737488355328
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(five_guarantees = 'yes', FALSE)
      THEN 281474976710656
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(out_of_poverty = 'yes', FALSE)
      THEN 562949953421312
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(minimum_living IS NULL, FALSE)
      THEN 1125899906842624
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(residence_years < 5, FALSE)
      THEN 2251799813685248
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(residence_years >= 30, FALSE)
      THEN 4503599627370496
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(residents_count * 2 < member_count, FALSE)
      THEN 9007199254740992
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(harmony = 'good', FALSE)
      THEN 18014398509481984
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(harmony = 'poor', FALSE)
      THEN 36028797018963968
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(harmony = 'fair', FALSE)
      THEN 72057594037927936
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(known_days < 180, FALSE) THEN 144115188075855872 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(known_days >= 1825, FALSE) THEN 288230376151711744 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(NOT has_point, FALSE) THEN 576460752303423488 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(completeness_points < 40, FALSE)
      THEN 1152921504606846976
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(completeness_points >= 80, FALSE)
      THEN 2305843009213693952
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(completeness_points >= 80 AND credit_consent_count = 0, FALSE)
      THEN 4611686018427387904
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(member_count > 0 AND credit_consent_count = 0, FALSE)
      THEN -9223372036854775808
      ELSE 0
    END AS BIGINT),
    CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(member_count > 0 AND accounts_consent_count = 0, FALSE)
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(member_count > 0 AND whereabouts_consent_count = 0, FALSE)
      THEN 2
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(business_kind = 'self_employed', FALSE)
      THEN 4
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(business_kind = 'firm', FALSE)
      THEN 8
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(business_kind = 'cooperative', FALSE)
      THEN 16
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(business_kind = 'family_farm', FALSE)
      THEN 32
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(business_kind IS NULL, FALSE)
      THEN 64
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(trade IN ('f52'), FALSE)
      THEN 128
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(trade IN ('f51'), FALSE)
      THEN 256
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(trade IN ('h61', 'h62'), FALSE)
      THEN 512
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(trade IN ('a01', 'a02', 'a03', 'a04', 'a05'), FALSE)
      THEN 1024
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(trade IN ('a03'), FALSE)
      THEN 2048
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(trade IN ('c13', 'c14', 'c15', 'c18', 'c20', 'c21', 'c30', 'c33'), FALSE)
      THEN 4096
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(trade IN ('o80', 'o81', 'p83', 'q84'), FALSE)
      THEN 8192
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(licence_from_on IS NULL, FALSE)
      THEN 16384
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(licence_left_days BETWEEN 0 AND 90, FALSE)
      THEN 32768
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(licence_left_days < 0, FALSE)
      THEN 65536
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(trading_years < 2, FALSE)
      THEN 131072
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(trading_years >= 8, FALSE)
      THEN 262144
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(lead_age_years < 35, FALSE)
      THEN 524288
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(lead_age_years > 60, FALSE)
      THEN 1048576
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(woman_lead_count >= 1, FALSE)
      THEN 2097152
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(credit_consent_count = 0, FALSE)
      THEN 4194304
      ELSE 0
    END AS BIGINT)
  ] AS tag_words,
  ARRAY[
    CAST(CASE
      WHEN COALESCE(due_days BETWEEN 0 AND 30 AND overdue_days = 0, FALSE)
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(turnover_year_fen > 0 AND merchant_qr_count = 0, FALSE)
      THEN 2
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(inflow_change_ratio >= 1.5 AND inflow_quarter_fen >= 1000000, FALSE)
      THEN 4
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(licence_left_days BETWEEN 0 AND 60, FALSE)
      THEN 8
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(partner_share_percent >= 50, FALSE) THEN 16 ELSE 0 END AS BIGINT)
  ] AS event_words,
  ARRAY[
    CAST(CASE WHEN COALESCE(limit_fen > 0 AND overdue_days = 0, FALSE) THEN 1 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(surplus_fen > 0 OR deposits_elsewhere_fen > 0 OR inflow_year_fen > 0, FALSE)
      THEN 2
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN suits_merchant_qr THEN 4 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(account_count > 0 AND COALESCE(lead_age_years, 0) < 75, FALSE)
      THEN 8
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(member_count > 0, FALSE)
      THEN 16
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(
        (
          vehicle_count > 0 OR house_count > 0 OR dependant_count > 0 OR farm_income_fen > 0
        )
        AND COALESCE(minimum_living, 'no') <> 'yes'
        AND COALESCE(five_guarantees, 'no') <> 'yes',
        FALSE
      )
      THEN 32
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(car_count + work_vehicle_count > 0, FALSE) THEN 64 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(year_average_fen >= 5000000 AND lead_age_years BETWEEN 18 AND 70, FALSE)
      THEN 128
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(
        credit_consent_count > 0
        AND overdue_days = 0
        AND lead_age_years BETWEEN 18 AND 60
        AND (
          wages_income_fen > 0 OR wages_year_fen > 0
        ),
        FALSE
      )
      THEN 256
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(employee_count >= 3, FALSE)
      THEN 512
      ELSE 0
    END AS BIGINT)
  ] AS product_words,
  ARRAY[
    CAST(CASE
      WHEN COALESCE(suits_merchant_qr AND merchant_qr_count = 0, FALSE)
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(away_worker_count > 0, FALSE)
      THEN 2
      ELSE 0
    END AS BIGINT)
  ] AS offer_words,
  (
    ARRAY_REMOVE(
      CAST(ARRAY[
        CASE WHEN reason_sum_income_capacity_when THEN 'sum.income_capacity' END,
        CASE WHEN reason_sum_net_assets_cap_when THEN 'sum.net_assets_cap' END,
        CASE WHEN reason_sum_grade_cap_when THEN 'sum.grade_cap' END,
        CASE WHEN reason_sum_no_grade_when THEN 'sum.no_grade' END,
        CASE WHEN reason_sum_debts_elsewhere_when THEN 'sum.debts_elsewhere' END,
        CASE WHEN reason_sum_rounding_when THEN 'sum.rounding' END,
        CASE WHEN reason_sum_veto_overdue_when THEN 'sum.veto_overdue' END,
        CASE WHEN reason_sum_veto_age_when THEN 'sum.veto_age' END,
        CASE WHEN reason_sum_veto_age_unknown_when THEN 'sum.veto_age_unknown' END,
        CASE WHEN reason_sum_veto_consent_when THEN 'sum.veto_consent' END,
        CASE WHEN reason_raise_consent_when THEN 'raise.consent' END,
        CASE WHEN reason_raise_completeness_when THEN 'raise.completeness' END,
        CASE WHEN reason_raise_fresh_income_when THEN 'raise.fresh_income' END,
        CASE WHEN reason_cap_net_assets_when THEN 'cap.net_assets' END,
        CASE WHEN reason_cap_grade_when THEN 'cap.grade' END
      ] AS TEXT[]),
      NULL
    )
  )[1:6] AS reason_codes,
  (
    ARRAY_REMOVE(
      CAST(ARRAY[
        CASE
          WHEN reason_sum_income_capacity_when
          THEN COALESCE(reason_sum_income_capacity_fen, 0)
        END,
        CASE
          WHEN reason_sum_net_assets_cap_when
          THEN COALESCE(reason_sum_net_assets_cap_fen, 0)
        END,
        CASE WHEN reason_sum_grade_cap_when THEN COALESCE(reason_sum_grade_cap_fen, 0) END,
        CASE WHEN reason_sum_no_grade_when THEN COALESCE(reason_sum_no_grade_fen, 0) END,
        CASE
          WHEN reason_sum_debts_elsewhere_when
          THEN COALESCE(reason_sum_debts_elsewhere_fen, 0)
        END,
        CASE WHEN reason_sum_rounding_when THEN COALESCE(reason_sum_rounding_fen, 0) END,
        CASE
          WHEN reason_sum_veto_overdue_when
          THEN COALESCE(reason_sum_veto_overdue_fen, 0)
        END,
        CASE WHEN reason_sum_veto_age_when THEN COALESCE(reason_sum_veto_age_fen, 0) END,
        CASE
          WHEN reason_sum_veto_age_unknown_when
          THEN COALESCE(reason_sum_veto_age_unknown_fen, 0)
        END,
        CASE
          WHEN reason_sum_veto_consent_when
          THEN COALESCE(reason_sum_veto_consent_fen, 0)
        END,
        CASE WHEN reason_raise_consent_when THEN COALESCE(reason_raise_consent_fen, 0) END,
        CASE
          WHEN reason_raise_completeness_when
          THEN COALESCE(reason_raise_completeness_fen, 0)
        END,
        CASE
          WHEN reason_raise_fresh_income_when
          THEN COALESCE(reason_raise_fresh_income_fen, 0)
        END,
        CASE
          WHEN reason_cap_net_assets_when
          THEN COALESCE(reason_cap_net_assets_fen, 0)
        END,
        CASE WHEN reason_cap_grade_when THEN COALESCE(reason_cap_grade_fen, 0) END
      ] AS BIGINT[]),
      NULL
    )
  )[1:6] AS reason_amounts_fen
FROM rules_13
