WITH rules_1 AS (
  SELECT
    *
  FROM features
), rules_2 AS (
  SELECT
    rules_1.*,
    CAST(CASE
      WHEN lead_age_years IS NULL
      THEN 0
      WHEN lead_age_years BETWEEN 25 AND 55
      THEN 100
      WHEN lead_age_years BETWEEN 18 AND 60
      THEN 70
      ELSE 0
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) AS business_credit_people,
    CAST(CASE
      WHEN employee_count >= 5
      THEN 100
      WHEN employee_count >= 2
      THEN 70
      WHEN employee_count >= 1
      THEN 50
      WHEN employee_count >= 0
      THEN 30
      ELSE 0
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) AS business_credit_labour,
    CAST(CASE
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
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) AS business_credit_assets,
    CAST(CASE
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
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) AS business_credit_net_assets,
    LEAST(GREATEST(completeness_points, 0), 100) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) AS business_credit_completeness,
    CASE
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
    END * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) AS business_credit_bank,
    CASE
      WHEN NOT (
        evaluation_percent IS NULL
      )
      THEN LEAST(GREATEST(evaluation_percent, 0), 100) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
      ELSE 0
    END AS business_credit_evaluation,
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
    END * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) AS household_credit_people,
    CAST(CASE
      WHEN worker_count >= 3
      THEN 100
      WHEN worker_count >= 2
      THEN 80
      WHEN worker_count >= 1
      THEN 40
      ELSE 0
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) AS household_credit_labour,
    CAST(CASE
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
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) AS household_credit_assets,
    CAST(CASE
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
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) AS household_credit_net_assets,
    CAST(CASE
      WHEN income_year_fen >= (
        (
          place_income_per_head_fen * 150
        ) // 100
      ) * GREATEST(member_count, 1)
      THEN 100
      WHEN income_year_fen >= (
        (
          place_income_per_head_fen * 120
        ) // 100
      ) * GREATEST(member_count, 1)
      THEN 85
      WHEN income_year_fen >= place_income_per_head_fen * GREATEST(member_count, 1)
      THEN 70
      WHEN income_year_fen >= (
        (
          place_income_per_head_fen * 70
        ) // 100
      ) * GREATEST(member_count, 1)
      THEN 50
      WHEN income_year_fen >= (
        (
          place_income_per_head_fen * 40
        ) // 100
      ) * GREATEST(member_count, 1)
      THEN 25
      ELSE 0
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) AS household_credit_income,
    LEAST(GREATEST(completeness_points, 0), 100) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) AS household_credit_completeness,
    CASE
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
    END * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) AS household_credit_bank,
    CASE
      WHEN NOT (
        evaluation_percent IS NULL
      )
      THEN LEAST(GREATEST(evaluation_percent, 0), 100) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
      ELSE 0
    END AS household_credit_evaluation,
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
    END AS BIGINT) * 45 AS current_value_deposits,
    CAST(CASE
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
    END AS BIGINT) * 25 AS current_value_loans,
    CAST(CASE
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
    END AS BIGINT) * 15 AS current_value_products,
    CAST(CASE
      WHEN active_month_count >= 9
      THEN 100
      WHEN active_month_count >= 6
      THEN 70
      WHEN active_month_count >= 3
      THEN 40
      WHEN active_month_count >= 1
      THEN 15
      ELSE 0
    END AS BIGINT) * 15 AS current_value_activity,
    CAST(CASE
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
    END AS BIGINT) * 25 AS potential_value_wealth,
    CAST(CASE
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
    END AS BIGINT) * 20 AS potential_value_turnover,
    CAST(CASE WHEN need_count >= 2 THEN 100 WHEN need_count >= 1 THEN 60 ELSE 0 END AS BIGINT) * 20 AS potential_value_needs,
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
        ) // 100,
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
      WHEN contract_photo_count > 0
      THEN 0
      ELSE (
        (
          (
            planting_income_fen * rented_land_percent
          ) // 100
        ) * (
          100 - CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-12-01' AS DATE) THEN 90 ELSE 100 END AS BIGINT)
        )
      ) // 100
    END AS unproven_income_fen,
    CASE
      WHEN licence_photo_count > 0
      THEN 100
      ELSE CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-12-01' AS DATE) THEN 90 ELSE 100 END AS BIGINT)
    END AS licensed_percent,
    GREATEST((
      net_assets_fen * 50
    ) // 100, 0) AS net_assets_cap_fen,
    overdue_days > 0 AS is_overdue,
    lead_age_years IS NULL AS is_age_unknown,
    COALESCE(NOT (
      lead_age_years BETWEEN 18 AND 60
    ), FALSE) AS is_out_of_age,
    credit_consent_count = 0 AS is_without_consent,
    CASE
      WHEN kind = 'household'
      THEN CAST(CASE
        WHEN year_average_fen < 500000
        THEN 500000
        WHEN year_average_fen < 2000000
        THEN 2000000
        WHEN year_average_fen < 5000000
        THEN 5000000
        ELSE 0
      END AS BIGINT)
      ELSE CAST(CASE
        WHEN year_average_fen < 1000000
        THEN 1000000
        WHEN year_average_fen < 3000000
        THEN 3000000
        WHEN year_average_fen < 10000000
        THEN 10000000
        ELSE 0
      END AS BIGINT)
    END AS deposits_goal_fen,
    CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2025-05-20' AS DATE) THEN 300 ELSE 310 END AS BIGINT) + 180 AS guide_rate_bp,
    CAST(CASE WHEN year_average_fen >= 2000000 THEN 20 ELSE 0 END AS BIGINT) AS contribution_discount_bp,
    CAST(30 AS BIGINT) AS contact_days,
    CAST(1 AS BIGINT) AS if1_credit_consent_count,
    CAST(60 AS BIGINT) AS if2_lead_age_years,
    worker_count + ageless_lead_count AS if2_worker_count,
    CAST(1 AS BIGINT) AS if3_credit_consent_count,
    CAST(60 AS BIGINT) AS if3_lead_age_years,
    worker_count + ageless_lead_count AS if3_worker_count,
    CAST(1 AS BIGINT) AS if4_contract_photo_count,
    CAST(1 AS BIGINT) AS if5_licence_photo_count,
    LEAST(completeness_points + 10, 100) AS if6_completeness_points,
    CAST(100 AS BIGINT) AS if7_completeness_points,
    CAST($as_of AS DATE) AS if8_income_observed_on,
    CAST(80 AS BIGINT) AS if9_evaluation_percent,
    CAST(0 AS BIGINT) AS if11_debts_elsewhere_fen,
    CAST(0 AS BIGINT) AS if12_overdue_days,
    kind = 'business' AND COALESCE(trade IN ('f52'), FALSE) AS tag_trade_retail,
    kind = 'business' AND COALESCE(trade IN ('h61', 'h62'), FALSE) AS tag_trade_catering,
    kind = 'business'
    AND COALESCE(trade IN ('c13', 'c14', 'c15', 'c18', 'c20', 'c21', 'c30', 'c33'), FALSE) AS tag_trade_making,
    kind = 'business' AND COALESCE(trade IN ('o80', 'o81', 'p83', 'q84'), FALSE) AS tag_trade_services,
    kind = 'business' AND COALESCE(licence_left_days BETWEEN 0 AND 90, FALSE) AS tag_licence_ending,
    kind = 'business' AND COALESCE(licence_left_days < 0, FALSE) AS tag_licence_expired,
    kind = 'business' AND COALESCE(trading_years < 2, FALSE) AS tag_young_business,
    kind = 'business' AND COALESCE(credit_consent_count = 0, FALSE) AS tag_business_no_credit_consent,
    kind = 'household'
    AND COALESCE(completeness_points >= 80 AND credit_consent_count = 0, FALSE) AS tag_good_file_no_consent,
    kind = 'household'
    AND COALESCE(member_count >= 2 AND elder_count = member_count, FALSE) AS tag_empty_nest,
    kind = 'household' AND COALESCE(grown_student_count >= 1, FALSE) AS tag_grown_students,
    kind = 'household' AND COALESCE(deposits_fen > place_deposits_upper_fen, FALSE) AS tag_saver_of_the_village,
    kind = 'business'
    AND COALESCE(
      merchant_year_fen > 0 AND merchant_year_fen < (
        place_takings_fen * 50
      ) // 100,
      FALSE
    ) AS tag_takings_behind,
    COALESCE(account_count >= 1 AND mobile_banking_count = 0, FALSE) AS tag_no_mobile_banking,
    kind = 'household'
    AND COALESCE(elder_count >= 1 AND social_card_count = 0, FALSE) AS tag_elder_without_social_card,
    kind = 'household'
    AND COALESCE(lead_age_years < 35 AND mobile_banking_count = 0, FALSE) AS tag_young_without_mobile,
    kind = 'household'
    AND COALESCE(trade_income_fen > 0 AND merchant_qr_count = 0, FALSE) AS tag_trader_no_qr,
    COALESCE(merchant_qr_count >= 1 AND merchant_month_count = 0, FALSE) AS tag_qr_asleep,
    COALESCE(loan_need_count >= 1, FALSE) AS tag_loan_wanted,
    COALESCE(branch_year_count >= 1, FALSE) AS tag_comes_to_branch,
    COALESCE(deposit_need_count >= 1, FALSE) AS tag_wants_deposit,
    COALESCE(merchant_qr_need_count >= 1 AND merchant_qr_count = 0, FALSE) AS tag_wants_qr,
    COALESCE(mobile_banking_need_count >= 1 AND mobile_banking_count = 0, FALSE) AS tag_wants_mobile,
    COALESCE(social_card_need_count >= 1 AND social_card_count = 0, FALSE) AS tag_wants_social_card,
    COALESCE(insurance_need_count >= 1 AND insurance_held_count = 0, FALSE) AS tag_wants_insurance,
    COALESCE(etc_need_count >= 1 AND etc_held_count = 0, FALSE) AS tag_wants_etc,
    COALESCE(wealth_need_count >= 1 AND wealth_held_count = 0, FALSE) AS tag_wants_wealth,
    COALESCE(loan_shown_count >= 1 AND loan_count = 0, FALSE) AS tag_loan_presented_unused,
    COALESCE(mobile_banking_shown_count >= 1 AND mobile_banking_count = 0, FALSE) AS tag_mobile_presented_unused,
    COALESCE(loan_plan_count >= 1, FALSE) AS tag_loan_planned,
    COALESCE(deposit_plan_count + wealth_plan_count >= 1, FALSE) AS tag_savings_planned,
    COALESCE(insurance_plan_count >= 1, FALSE) AS tag_insurance_planned,
    COALESCE(plan_left_days BETWEEN 0 AND 60, FALSE) AS tag_plan_soon,
    COALESCE(late_plan_count >= 1, FALSE) AS tag_plan_gone_by,
    COALESCE(debts_elsewhere_fen > 0, FALSE) AS tag_owes_elsewhere,
    kind = 'household' AND COALESCE(debts_private_fen > 0, FALSE) AS tag_owes_privately,
    kind = 'household'
    AND COALESCE(completeness_points >= 80 AND evaluation_percent IS NULL, FALSE) AS tag_ready_for_evaluation,
    kind = 'household' AND COALESCE(evaluation_percent >= 80, FALSE) AS tag_village_speaks_well,
    COALESCE(granted_fen > 0 AND loans_fen * 100 >= granted_fen * 95, FALSE) AS tag_fully_drawn,
    COALESCE(loan_count >= 1 AND loans_fen = 0, FALSE) AS tag_repaid_contract,
    COALESCE(loan_count = 0, FALSE) AS tag_never_borrowed,
    COALESCE(net_assets_fen >= 50000000, FALSE) AS tag_well_off,
    kind = 'business' AND COALESCE(turnover_year_fen >= 100000000, FALSE) AS tag_large_business,
    kind = 'business'
    AND COALESCE(quarter_count = 4 AND best_quarter_fen * 100 >= worst_quarter_fen * 160, FALSE) AS tag_seasonal,
    kind = 'business' AND COALESCE(tax_year_fen >= 1000000, FALSE) AS tag_large_taxpayer,
    kind = 'business' AND COALESCE(power_year_kwh >= 30000, FALSE) AS tag_large_power,
    kind = 'household' AND COALESCE(vehicle_fen >= 8000000, FALSE) AS tag_dear_vehicle,
    kind = 'household' AND COALESCE(car_count >= 1 AND etc_held_count = 0, FALSE) AS tag_car_without_etc,
    kind = 'household' AND COALESCE(honour_count >= 1, FALSE) AS tag_honoured,
    kind = 'household'
    AND COALESCE(income_year_fen > 0 AND planting_income_fen * 100 >= income_year_fen * 60, FALSE) AS tag_lives_on_planting,
    kind = 'household'
    AND COALESCE(income_expected_fen * 100 >= income_year_fen * 115 AND income_year_fen > 0, FALSE) AS tag_income_to_rise,
    kind = 'household'
    AND COALESCE(income_expected_fen * 100 <= income_year_fen * 90 AND income_year_fen > 0, FALSE) AS tag_income_to_fall,
    kind = 'household' AND COALESCE(surplus_fen >= 6000000, FALSE) AS tag_good_surplus,
    kind = 'household' AND COALESCE(tuition_fen >= 800000, FALSE) AS tag_heavy_tuition,
    kind = 'household' AND COALESCE(medical_fen >= 800000, FALSE) AS tag_heavy_medical,
    kind = 'household' AND COALESCE(farmland_m2 >= 6670, FALSE) AS tag_ten_mu,
    kind = 'household' AND COALESCE(rented_in_m2 > 0, FALSE) AS tag_rents_land_in,
    kind = 'household' AND COALESCE(tea_m2 > 0, FALSE) AS tag_grows_tea,
    kind = 'household' AND COALESCE(grain_m2 > 0, FALSE) AS tag_grows_grain,
    kind = 'household' AND COALESCE(vegetables_m2 > 0, FALSE) AS tag_grows_vegetables,
    kind = 'household' AND COALESCE(flowers_m2 > 0, FALSE) AS tag_grows_flowers,
    kind = 'household' AND COALESCE(pig_count >= 5, FALSE) AS tag_pig_farmer,
    kind = 'household' AND COALESCE(cattle_count + sheep_count >= 1, FALSE) AS tag_keeps_cattle,
    kind = 'household' AND COALESCE(poultry_count >= 50, FALSE) AS tag_poultry_farmer,
    kind = 'household' AND COALESCE(harvester_count >= 1, FALSE) AS tag_large_machine,
    kind = 'household'
    AND COALESCE(farmland_m2 >= 6670 AND machinery_count = 0, FALSE) AS tag_grower_without_machine,
    COALESCE(product_count = 1, FALSE) AS tag_few_products,
    COALESCE(demand_deposits_fen >= 3000000 AND term_deposits_fen = 0, FALSE) AS tag_idle_demand,
    COALESCE(account_count >= 1 AND deposits_fen < 100000, FALSE) AS tag_small_deposit,
    COALESCE(newest_account_days <= 365, FALSE) AS tag_new_account,
    COALESCE(deposits_fen >= 5000000 AND wealth_held_count = 0, FALSE) AS tag_depositor_without_wealth,
    COALESCE(loans_fen > 0 AND deposits_fen < 100000, FALSE) AS tag_borrows_only,
    kind = 'household' AND COALESCE(away_worker_count >= 1, FALSE) AS tag_away_workers,
    kind = 'business' AND COALESCE(buyer_count + supplier_count = 0, FALSE) AS tag_partners_unknown,
    kind = 'business' AND COALESCE(supplier_count >= 1, FALSE) AS tag_suppliers_known,
    kind = 'business' AND COALESCE(buyer_count >= 1 AND supplier_count >= 1, FALSE) AS tag_both_sides_known,
    kind = 'business' AND COALESCE(partner_share_percent >= 50, FALSE) AS tag_depends_on_one,
    kind = 'household'
    AND COALESCE(away_worker_count >= 1 AND small_child_count + school_child_count >= 1, FALSE) AS tag_left_behind_children,
    COALESCE(quiet_months > 3, FALSE) AS tag_gone_quiet,
    COALESCE(
      inflow_quarter_before_fen > 0
      AND inflow_quarter_fen * 100 < inflow_quarter_before_fen * 70,
      FALSE
    ) AS tag_inflow_falling,
    kind = 'household' AND COALESCE(wages_quarter_fen >= 600000, FALSE) AS tag_steady_wages,
    kind = 'household'
    AND COALESCE(wages_year_fen > 0 AND wages_quarter_fen = 0, FALSE) AS tag_wages_stopped,
    COALESCE(merchant_year_fen >= 3000000, FALSE) AS tag_takings_thirty_thousand,
    COALESCE(merchant_change_ratio >= 1.3, FALSE) AS tag_takings_rising,
    COALESCE(
      merchant_quarter_before_fen > 0
      AND merchant_quarter_fen * 100 < merchant_quarter_before_fen * 70,
      FALSE
    ) AS tag_takings_falling,
    kind = 'business'
    AND COALESCE(turnover_year_fen > 0 AND inflow_year_fen * 100 < turnover_year_fen * 20, FALSE) AS tag_flow_lacks_turnover,
    COALESCE(year_average_fen >= 20000000, FALSE) AS tag_deposit_pillar,
    kind = 'household'
    AND COALESCE(
      deposits_fen * 100 < (
        deposits_fen + GREATEST(deposits_elsewhere_fen, financial_assets_fen)
      ) * 30,
      FALSE
    ) AS tag_money_with_others,
    COALESCE(relationship_days >= 1095, FALSE) AS tag_three_year_customer,
    COALESCE(net_assets_fen >= 50000000 AND product_count < 2, FALSE) AS tag_well_off_few_products,
    kind = 'household'
    AND COALESCE(income_year_fen >= 15000000 AND year_average_fen < 100000, FALSE) AS tag_earns_well_saves_little,
    TRUE AS reason_sum_income_capacity_when,
    COALESCE(kind = 'business' OR trade_income_fen > 0 OR farm_income_fen >= 1000000, FALSE) AS suits_merchant_qr,
    COALESCE(
      (
        vehicle_count > 0 OR house_count > 0 OR dependant_count > 0 OR farm_income_fen > 0
      )
      AND COALESCE(minimum_living, 'no') <> 'yes'
      AND COALESCE(five_guarantees, 'no') <> 'yes',
      FALSE
    ) AS suits_insurance,
    kind = 'household'
    AND COALESCE(year_average_fen >= 5000000 AND lead_age_years BETWEEN 18 AND 70, FALSE) AS suits_wealth,
    kind = 'business' AND COALESCE(employee_count >= 3, FALSE) AS suits_wages,
    COALESCE(deed_count > 0 AND overdue_days = 0 AND lead_age_years BETWEEN 18 AND 60, FALSE) AS suits_mortgage_loan,
    kind = 'household'
    AND COALESCE(
      out_of_poverty = 'yes' AND overdue_days = 0 AND lead_age_years BETWEEN 18 AND 65,
      FALSE
    ) AS suits_relief_loan,
    kind = 'business'
    AND COALESCE(buyer_count + supplier_count > 0 AND overdue_days = 0, FALSE) AS suits_chain_loan,
    kind = 'household'
    AND COALESCE(deposits_fen + deposits_elsewhere_fen >= 20000000, FALSE) AS suits_large_deposit,
    kind = 'business'
    AND COALESCE(NOT (
      licence_from_on IS NULL
    ) AND COALESCE(licence_left_days, 1) >= 0, FALSE) AS suits_business_account
  FROM rules_1
), rules_3 AS (
  SELECT
    rules_2.*,
    (
      current_value_deposits + current_value_loans + current_value_products + current_value_activity
    ) // 100 AS current_value_points,
    CASE
      WHEN kind = 'household'
      THEN GREATEST(
        (
          (
            income_year_fen - unproven_income_fen
          ) * freshness_percent
        ) // 100,
        wages_year_fen
      )
      ELSE GREATEST(
        (
          (
            (
              turnover_year_fen * licensed_percent
            ) // 100
          ) * freshness_percent
        ) // 100,
        merchant_year_fen
      )
    END AS counted_income_fen,
    if1_credit_consent_count = 0 AS if1_is_without_consent,
    CAST(CASE
      WHEN if2_lead_age_years IS NULL
      THEN 0
      WHEN if2_lead_age_years BETWEEN 25 AND 55
      THEN 100
      WHEN if2_lead_age_years BETWEEN 18 AND 60
      THEN 70
      ELSE 0
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) AS if2_business_credit_people,
    CASE
      WHEN if2_lead_age_years IS NULL
      THEN 0
      WHEN harmony = 'poor'
      THEN 25
      WHEN if2_lead_age_years BETWEEN 25 AND 55
      THEN CAST(CASE WHEN harmony = 'good' THEN 100 ELSE 80 END AS BIGINT)
      WHEN if2_lead_age_years BETWEEN 18 AND 60
      THEN CAST(CASE WHEN harmony = 'good' THEN 75 ELSE 60 END AS BIGINT)
      ELSE 0
    END * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) AS if2_household_credit_people,
    CAST(CASE
      WHEN if2_worker_count >= 3
      THEN 100
      WHEN if2_worker_count >= 2
      THEN 80
      WHEN if2_worker_count >= 1
      THEN 40
      ELSE 0
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) AS if2_household_credit_labour,
    if2_lead_age_years IS NULL AS if2_is_age_unknown,
    COALESCE(NOT (
      if2_lead_age_years BETWEEN 18 AND 60
    ), FALSE) AS if2_is_out_of_age,
    CAST(CASE
      WHEN if3_lead_age_years IS NULL
      THEN 0
      WHEN if3_lead_age_years BETWEEN 25 AND 55
      THEN 100
      WHEN if3_lead_age_years BETWEEN 18 AND 60
      THEN 70
      ELSE 0
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) AS if3_business_credit_people,
    CASE
      WHEN if3_lead_age_years IS NULL
      THEN 0
      WHEN harmony = 'poor'
      THEN 25
      WHEN if3_lead_age_years BETWEEN 25 AND 55
      THEN CAST(CASE WHEN harmony = 'good' THEN 100 ELSE 80 END AS BIGINT)
      WHEN if3_lead_age_years BETWEEN 18 AND 60
      THEN CAST(CASE WHEN harmony = 'good' THEN 75 ELSE 60 END AS BIGINT)
      ELSE 0
    END * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) AS if3_household_credit_people,
    CAST(CASE
      WHEN if3_worker_count >= 3
      THEN 100
      WHEN if3_worker_count >= 2
      THEN 80
      WHEN if3_worker_count >= 1
      THEN 40
      ELSE 0
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) AS if3_household_credit_labour,
    if3_lead_age_years IS NULL AS if3_is_age_unknown,
    COALESCE(NOT (
      if3_lead_age_years BETWEEN 18 AND 60
    ), FALSE) AS if3_is_out_of_age,
    if3_credit_consent_count = 0 AS if3_is_without_consent,
    CASE
      WHEN if4_contract_photo_count > 0
      THEN 0
      ELSE (
        (
          (
            planting_income_fen * rented_land_percent
          ) // 100
        ) * (
          100 - CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-12-01' AS DATE) THEN 90 ELSE 100 END AS BIGINT)
        )
      ) // 100
    END AS if4_unproven_income_fen,
    CASE
      WHEN if5_licence_photo_count > 0
      THEN 100
      ELSE CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-12-01' AS DATE) THEN 90 ELSE 100 END AS BIGINT)
    END AS if5_licensed_percent,
    LEAST(GREATEST(if6_completeness_points, 0), 100) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) AS if6_business_credit_completeness,
    LEAST(GREATEST(if6_completeness_points, 0), 100) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) AS if6_household_credit_completeness,
    LEAST(GREATEST(if7_completeness_points, 0), 100) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) AS if7_business_credit_completeness,
    LEAST(GREATEST(if7_completeness_points, 0), 100) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) AS if7_household_credit_completeness,
    CAST((
      CAST($as_of AS DATE) - if8_income_observed_on
    ) AS BIGINT) AS if8_income_age_days,
    CASE
      WHEN NOT (
        if9_evaluation_percent IS NULL
      )
      THEN LEAST(GREATEST(if9_evaluation_percent, 0), 100) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
      ELSE 0
    END AS if9_business_credit_evaluation,
    CASE
      WHEN NOT (
        if9_evaluation_percent IS NULL
      )
      THEN LEAST(GREATEST(if9_evaluation_percent, 0), 100) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
      ELSE 0
    END AS if9_household_credit_evaluation,
    deposits_goal_fen AS if10_year_average_fen,
    assets_fen + deposits_fen + GREATEST(deposits_elsewhere_fen, financial_assets_fen) - loans_fen - if11_debts_elsewhere_fen - debts_private_fen AS if11_net_assets_fen,
    CASE
      WHEN if12_overdue_days > 0
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
    END * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) AS if12_business_credit_bank,
    CASE
      WHEN if12_overdue_days > 0
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
    END * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) AS if12_household_credit_bank,
    if12_overdue_days > 0 AS if12_is_overdue,
    COALESCE(is_overdue, FALSE) AS reason_sum_veto_overdue_when,
    COALESCE(is_out_of_age, FALSE) AS reason_sum_veto_age_when,
    COALESCE(is_age_unknown, FALSE) AS reason_sum_veto_age_unknown_when,
    COALESCE(is_without_consent, FALSE) AS reason_sum_veto_consent_when,
    net_assets_cap_fen AS reason_cap_net_assets_fen
  FROM rules_2
), rules_4 AS (
  SELECT
    rules_3.*,
    CASE
      WHEN kind = 'household'
      THEN GREATEST(
        counted_income_fen - COALESCE(spending_year_fen, (
          counted_income_fen * 50
        ) // 100),
        0
      )
      ELSE GREATEST(
        COALESCE(counted_income_fen - costs_year_fen, (
          counted_income_fen * 15
        ) // 100),
        0
      )
    END AS surplus_year_fen,
    CASE
      WHEN kind = 'household'
      THEN (
        counted_income_fen * 30
      ) // 100 - (
        (
          (
            counted_income_fen * 30
          ) // 100
        ) % 10000
      )
      ELSE (
        counted_income_fen * 70
      ) // 100 - (
        (
          (
            counted_income_fen * 70
          ) // 100
        ) % 10000
      )
    END AS spending_goal_fen,
    CASE
      WHEN kind = 'household'
      THEN GREATEST(
        (
          (
            income_year_fen - if4_unproven_income_fen
          ) * freshness_percent
        ) // 100,
        wages_year_fen
      )
      ELSE GREATEST(
        (
          (
            (
              turnover_year_fen * licensed_percent
            ) // 100
          ) * freshness_percent
        ) // 100,
        merchant_year_fen
      )
    END AS if4_counted_income_fen,
    CASE
      WHEN kind = 'household'
      THEN GREATEST(
        (
          (
            income_year_fen - unproven_income_fen
          ) * freshness_percent
        ) // 100,
        wages_year_fen
      )
      ELSE GREATEST(
        (
          (
            (
              turnover_year_fen * if5_licensed_percent
            ) // 100
          ) * freshness_percent
        ) // 100,
        merchant_year_fen
      )
    END AS if5_counted_income_fen,
    CAST(CASE WHEN if8_income_age_days > 540 THEN 80 ELSE 100 END AS BIGINT) AS if8_freshness_percent,
    CASE
      WHEN overdue_days > 0
      THEN 0
      ELSE CAST(CASE
        WHEN if10_year_average_fen >= 10000000
        THEN 40
        WHEN if10_year_average_fen >= 3000000
        THEN 30
        WHEN if10_year_average_fen >= 1000000
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
    END * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) AS if10_business_credit_bank,
    CASE
      WHEN overdue_days > 0
      THEN 0
      ELSE CAST(CASE
        WHEN if10_year_average_fen >= 5000000
        THEN 50
        WHEN if10_year_average_fen >= 2000000
        THEN 35
        WHEN if10_year_average_fen >= 500000
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
    END * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) AS if10_household_credit_bank,
    CAST(CASE
      WHEN if11_net_assets_fen >= 80000000
      THEN 100
      WHEN if11_net_assets_fen >= 40000000
      THEN 85
      WHEN if11_net_assets_fen >= 15000000
      THEN 65
      WHEN if11_net_assets_fen >= 5000000
      THEN 40
      WHEN if11_net_assets_fen >= 1000000
      THEN 20
      ELSE 0
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) AS if11_business_credit_net_assets,
    CAST(CASE
      WHEN if11_net_assets_fen >= 50000000
      THEN 100
      WHEN if11_net_assets_fen >= 30000000
      THEN 85
      WHEN if11_net_assets_fen >= 15000000
      THEN 65
      WHEN if11_net_assets_fen >= 5000000
      THEN 40
      WHEN if11_net_assets_fen >= 1000000
      THEN 20
      ELSE 0
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) AS if11_household_credit_net_assets,
    GREATEST((
      if11_net_assets_fen * 50
    ) // 100, 0) AS if11_net_assets_cap_fen
  FROM rules_3
), rules_5 AS (
  SELECT
    rules_4.*,
    CAST(CASE
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
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) AS business_credit_income,
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
    END AS BIGINT) * 35 AS potential_value_income,
    (
      surplus_year_fen * 150
    ) // 100 AS income_capacity_fen,
    CASE
      WHEN kind = 'household'
      THEN GREATEST(
        if4_counted_income_fen - COALESCE(spending_year_fen, (
          if4_counted_income_fen * 50
        ) // 100),
        0
      )
      ELSE GREATEST(
        COALESCE(if4_counted_income_fen - costs_year_fen, (
          if4_counted_income_fen * 15
        ) // 100),
        0
      )
    END AS if4_surplus_year_fen,
    CASE
      WHEN kind = 'household'
      THEN GREATEST(
        if5_counted_income_fen - COALESCE(spending_year_fen, (
          if5_counted_income_fen * 50
        ) // 100),
        0
      )
      ELSE GREATEST(
        COALESCE(if5_counted_income_fen - costs_year_fen, (
          if5_counted_income_fen * 15
        ) // 100),
        0
      )
    END AS if5_surplus_year_fen,
    spending_goal_fen AS if6_spending_year_fen,
    spending_goal_fen AS if6_costs_year_fen,
    CASE
      WHEN kind = 'household'
      THEN GREATEST(
        (
          (
            income_year_fen - unproven_income_fen
          ) * if8_freshness_percent
        ) // 100,
        wages_year_fen
      )
      ELSE GREATEST(
        (
          (
            (
              turnover_year_fen * licensed_percent
            ) // 100
          ) * if8_freshness_percent
        ) // 100,
        merchant_year_fen
      )
    END AS if8_counted_income_fen
  FROM rules_4
), rules_6 AS (
  SELECT
    rules_5.*,
    CASE
      WHEN kind = 'business'
      THEN (
        business_credit_people + business_credit_labour + business_credit_assets + business_credit_net_assets + business_credit_income + business_credit_completeness + business_credit_bank + business_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
      ELSE (
        household_credit_people + household_credit_labour + household_credit_assets + household_credit_net_assets + household_credit_income + household_credit_completeness + household_credit_bank + household_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
    END AS score_points,
    (
      potential_value_income + potential_value_wealth + potential_value_turnover + potential_value_needs
    ) // 100 AS potential_value_points,
    CASE
      WHEN kind = 'business'
      THEN (
        if2_business_credit_people + business_credit_labour + business_credit_assets + business_credit_net_assets + business_credit_income + business_credit_completeness + business_credit_bank + business_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
      ELSE (
        if2_household_credit_people + if2_household_credit_labour + household_credit_assets + household_credit_net_assets + household_credit_income + household_credit_completeness + household_credit_bank + household_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
    END AS if2_score_points,
    CASE
      WHEN kind = 'business'
      THEN (
        if3_business_credit_people + business_credit_labour + business_credit_assets + business_credit_net_assets + business_credit_income + business_credit_completeness + business_credit_bank + business_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
      ELSE (
        if3_household_credit_people + if3_household_credit_labour + household_credit_assets + household_credit_net_assets + household_credit_income + household_credit_completeness + household_credit_bank + household_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
    END AS if3_score_points,
    CAST(CASE
      WHEN if4_surplus_year_fen >= 20000000
      THEN 100
      WHEN if4_surplus_year_fen >= 12000000
      THEN 85
      WHEN if4_surplus_year_fen >= 8000000
      THEN 70
      WHEN if4_surplus_year_fen >= 4000000
      THEN 50
      WHEN if4_surplus_year_fen >= 1500000
      THEN 25
      ELSE 0
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) AS if4_business_credit_income,
    (
      if4_surplus_year_fen * 150
    ) // 100 AS if4_income_capacity_fen,
    CAST(CASE
      WHEN if5_surplus_year_fen >= 20000000
      THEN 100
      WHEN if5_surplus_year_fen >= 12000000
      THEN 85
      WHEN if5_surplus_year_fen >= 8000000
      THEN 70
      WHEN if5_surplus_year_fen >= 4000000
      THEN 50
      WHEN if5_surplus_year_fen >= 1500000
      THEN 25
      ELSE 0
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) AS if5_business_credit_income,
    (
      if5_surplus_year_fen * 150
    ) // 100 AS if5_income_capacity_fen,
    CASE
      WHEN kind = 'household'
      THEN GREATEST(
        counted_income_fen - COALESCE(if6_spending_year_fen, (
          counted_income_fen * 50
        ) // 100),
        0
      )
      ELSE GREATEST(
        COALESCE(counted_income_fen - if6_costs_year_fen, (
          counted_income_fen * 15
        ) // 100),
        0
      )
    END AS if6_surplus_year_fen,
    CASE
      WHEN kind = 'business'
      THEN (
        business_credit_people + business_credit_labour + business_credit_assets + business_credit_net_assets + business_credit_income + if7_business_credit_completeness + business_credit_bank + business_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
      ELSE (
        household_credit_people + household_credit_labour + household_credit_assets + household_credit_net_assets + household_credit_income + if7_household_credit_completeness + household_credit_bank + household_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
    END AS if7_score_points,
    CASE
      WHEN kind = 'household'
      THEN GREATEST(
        if8_counted_income_fen - COALESCE(spending_year_fen, (
          if8_counted_income_fen * 50
        ) // 100),
        0
      )
      ELSE GREATEST(
        COALESCE(if8_counted_income_fen - costs_year_fen, (
          if8_counted_income_fen * 15
        ) // 100),
        0
      )
    END AS if8_surplus_year_fen,
    CASE
      WHEN kind = 'business'
      THEN (
        business_credit_people + business_credit_labour + business_credit_assets + business_credit_net_assets + business_credit_income + business_credit_completeness + business_credit_bank + if9_business_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            if9_evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
      ELSE (
        household_credit_people + household_credit_labour + household_credit_assets + household_credit_net_assets + household_credit_income + household_credit_completeness + household_credit_bank + if9_household_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            if9_evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
    END AS if9_score_points,
    CASE
      WHEN kind = 'business'
      THEN (
        business_credit_people + business_credit_labour + business_credit_assets + business_credit_net_assets + business_credit_income + business_credit_completeness + if10_business_credit_bank + business_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
      ELSE (
        household_credit_people + household_credit_labour + household_credit_assets + household_credit_net_assets + household_credit_income + household_credit_completeness + if10_household_credit_bank + household_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
    END AS if10_score_points,
    CASE
      WHEN kind = 'business'
      THEN (
        business_credit_people + business_credit_labour + business_credit_assets + if11_business_credit_net_assets + business_credit_income + business_credit_completeness + business_credit_bank + business_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
      ELSE (
        household_credit_people + household_credit_labour + household_credit_assets + if11_household_credit_net_assets + household_credit_income + household_credit_completeness + household_credit_bank + household_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
    END AS if11_score_points,
    CASE
      WHEN kind = 'business'
      THEN (
        business_credit_people + business_credit_labour + business_credit_assets + business_credit_net_assets + business_credit_income + business_credit_completeness + if12_business_credit_bank + business_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
      ELSE (
        household_credit_people + household_credit_labour + household_credit_assets + household_credit_net_assets + household_credit_income + household_credit_completeness + if12_household_credit_bank + household_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
    END AS if12_score_points,
    income_capacity_fen AS reason_sum_income_capacity_fen,
    net_assets_cap_fen - income_capacity_fen AS reason_sum_net_assets_cap_fen
  FROM rules_5
), rules_7 AS (
  SELECT
    rules_6.*,
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
    CASE
      WHEN COALESCE(if2_score_points >= 80, FALSE)
      THEN 'AAA'
      WHEN COALESCE(if2_score_points >= 70, FALSE)
      THEN 'AA'
      WHEN COALESCE(if2_score_points >= 60, FALSE)
      THEN 'A'
      ELSE 'none'
    END AS if2_grade,
    CASE
      WHEN COALESCE(if3_score_points >= 80, FALSE)
      THEN 'AAA'
      WHEN COALESCE(if3_score_points >= 70, FALSE)
      THEN 'AA'
      WHEN COALESCE(if3_score_points >= 60, FALSE)
      THEN 'A'
      ELSE 'none'
    END AS if3_grade,
    CASE
      WHEN kind = 'business'
      THEN (
        business_credit_people + business_credit_labour + business_credit_assets + business_credit_net_assets + if4_business_credit_income + business_credit_completeness + business_credit_bank + business_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
      ELSE (
        household_credit_people + household_credit_labour + household_credit_assets + household_credit_net_assets + household_credit_income + household_credit_completeness + household_credit_bank + household_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
    END AS if4_score_points,
    CASE
      WHEN kind = 'business'
      THEN (
        business_credit_people + business_credit_labour + business_credit_assets + business_credit_net_assets + if5_business_credit_income + business_credit_completeness + business_credit_bank + business_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
      ELSE (
        household_credit_people + household_credit_labour + household_credit_assets + household_credit_net_assets + household_credit_income + household_credit_completeness + household_credit_bank + household_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
    END AS if5_score_points,
    CAST(CASE
      WHEN if6_surplus_year_fen >= 20000000
      THEN 100
      WHEN if6_surplus_year_fen >= 12000000
      THEN 85
      WHEN if6_surplus_year_fen >= 8000000
      THEN 70
      WHEN if6_surplus_year_fen >= 4000000
      THEN 50
      WHEN if6_surplus_year_fen >= 1500000
      THEN 25
      ELSE 0
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) AS if6_business_credit_income,
    (
      if6_surplus_year_fen * 150
    ) // 100 AS if6_income_capacity_fen,
    CASE
      WHEN COALESCE(if7_score_points >= 80, FALSE)
      THEN 'AAA'
      WHEN COALESCE(if7_score_points >= 70, FALSE)
      THEN 'AA'
      WHEN COALESCE(if7_score_points >= 60, FALSE)
      THEN 'A'
      ELSE 'none'
    END AS if7_grade,
    CAST(CASE
      WHEN if8_surplus_year_fen >= 20000000
      THEN 100
      WHEN if8_surplus_year_fen >= 12000000
      THEN 85
      WHEN if8_surplus_year_fen >= 8000000
      THEN 70
      WHEN if8_surplus_year_fen >= 4000000
      THEN 50
      WHEN if8_surplus_year_fen >= 1500000
      THEN 25
      ELSE 0
    END AS BIGINT) * CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) AS if8_business_credit_income,
    (
      if8_surplus_year_fen * 150
    ) // 100 AS if8_income_capacity_fen,
    CASE
      WHEN COALESCE(if9_score_points >= 80, FALSE)
      THEN 'AAA'
      WHEN COALESCE(if9_score_points >= 70, FALSE)
      THEN 'AA'
      WHEN COALESCE(if9_score_points >= 60, FALSE)
      THEN 'A'
      ELSE 'none'
    END AS if9_grade,
    CASE
      WHEN COALESCE(if10_score_points >= 80, FALSE)
      THEN 'AAA'
      WHEN COALESCE(if10_score_points >= 70, FALSE)
      THEN 'AA'
      WHEN COALESCE(if10_score_points >= 60, FALSE)
      THEN 'A'
      ELSE 'none'
    END AS if10_grade,
    CASE
      WHEN COALESCE(if11_score_points >= 80, FALSE)
      THEN 'AAA'
      WHEN COALESCE(if11_score_points >= 70, FALSE)
      THEN 'AA'
      WHEN COALESCE(if11_score_points >= 60, FALSE)
      THEN 'A'
      ELSE 'none'
    END AS if11_grade,
    CASE
      WHEN COALESCE(if12_score_points >= 80, FALSE)
      THEN 'AAA'
      WHEN COALESCE(if12_score_points >= 70, FALSE)
      THEN 'AA'
      WHEN COALESCE(if12_score_points >= 60, FALSE)
      THEN 'A'
      ELSE 'none'
    END AS if12_grade,
    COALESCE(score_points BETWEEN 55 AND 59, FALSE) AS tag_grade_near
  FROM rules_6
), rules_8 AS (
  SELECT
    rules_7.*,
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
      WHEN if2_grade = 'AAA'
      THEN 30000000
      WHEN if2_grade = 'AA'
      THEN 15000000
      WHEN if2_grade = 'A'
      THEN 8000000
      ELSE 0
    END AS BIGINT) AS if2_grade_cap_fen,
    CAST(CASE
      WHEN if3_grade = 'AAA'
      THEN 30000000
      WHEN if3_grade = 'AA'
      THEN 15000000
      WHEN if3_grade = 'A'
      THEN 8000000
      ELSE 0
    END AS BIGINT) AS if3_grade_cap_fen,
    CASE
      WHEN COALESCE(if4_score_points >= 80, FALSE)
      THEN 'AAA'
      WHEN COALESCE(if4_score_points >= 70, FALSE)
      THEN 'AA'
      WHEN COALESCE(if4_score_points >= 60, FALSE)
      THEN 'A'
      ELSE 'none'
    END AS if4_grade,
    CASE
      WHEN COALESCE(if5_score_points >= 80, FALSE)
      THEN 'AAA'
      WHEN COALESCE(if5_score_points >= 70, FALSE)
      THEN 'AA'
      WHEN COALESCE(if5_score_points >= 60, FALSE)
      THEN 'A'
      ELSE 'none'
    END AS if5_grade,
    CASE
      WHEN kind = 'business'
      THEN (
        business_credit_people + business_credit_labour + business_credit_assets + business_credit_net_assets + if6_business_credit_income + if6_business_credit_completeness + business_credit_bank + business_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
      ELSE (
        household_credit_people + household_credit_labour + household_credit_assets + household_credit_net_assets + household_credit_income + if6_household_credit_completeness + household_credit_bank + household_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
    END AS if6_score_points,
    CAST(CASE
      WHEN if7_grade = 'AAA'
      THEN 30000000
      WHEN if7_grade = 'AA'
      THEN 15000000
      WHEN if7_grade = 'A'
      THEN 8000000
      ELSE 0
    END AS BIGINT) AS if7_grade_cap_fen,
    CASE
      WHEN kind = 'business'
      THEN (
        business_credit_people + business_credit_labour + business_credit_assets + business_credit_net_assets + if8_business_credit_income + business_credit_completeness + business_credit_bank + business_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
      ELSE (
        household_credit_people + household_credit_labour + household_credit_assets + household_credit_net_assets + household_credit_income + household_credit_completeness + household_credit_bank + household_credit_evaluation
      ) // (
        CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 8 ELSE 10 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 13 ELSE 16 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 10 ELSE 12 END AS BIGINT) + CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 14 ELSE 18 END AS BIGINT) + CASE
          WHEN NOT (
            evaluation_percent IS NULL
          )
          THEN CAST(CASE WHEN CAST($as_of AS DATE) >= CAST('2026-11-29' AS DATE) THEN 20 ELSE 0 END AS BIGINT)
          ELSE 0
        END
      )
    END AS if8_score_points,
    CAST(CASE
      WHEN if9_grade = 'AAA'
      THEN 30000000
      WHEN if9_grade = 'AA'
      THEN 15000000
      WHEN if9_grade = 'A'
      THEN 8000000
      ELSE 0
    END AS BIGINT) AS if9_grade_cap_fen,
    CAST(CASE
      WHEN if10_grade = 'AAA'
      THEN 30000000
      WHEN if10_grade = 'AA'
      THEN 15000000
      WHEN if10_grade = 'A'
      THEN 8000000
      ELSE 0
    END AS BIGINT) AS if10_grade_cap_fen,
    CAST(CASE
      WHEN if11_grade = 'AAA'
      THEN 30000000
      WHEN if11_grade = 'AA'
      THEN 15000000
      WHEN if11_grade = 'A'
      THEN 8000000
      ELSE 0
    END AS BIGINT) AS if11_grade_cap_fen,
    CAST(CASE
      WHEN if12_grade = 'AAA'
      THEN 30000000
      WHEN if12_grade = 'AA'
      THEN 15000000
      WHEN if12_grade = 'A'
      THEN 8000000
      ELSE 0
    END AS BIGINT) AS if12_grade_cap_fen
  FROM rules_7
), rules_9 AS (
  SELECT
    rules_8.*,
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
    LEAST(income_capacity_fen, net_assets_cap_fen, if2_grade_cap_fen) AS if2_lowest_cap_fen,
    LEAST(income_capacity_fen, net_assets_cap_fen, if3_grade_cap_fen) AS if3_lowest_cap_fen,
    CAST(CASE
      WHEN if4_grade = 'AAA'
      THEN 30000000
      WHEN if4_grade = 'AA'
      THEN 15000000
      WHEN if4_grade = 'A'
      THEN 8000000
      ELSE 0
    END AS BIGINT) AS if4_grade_cap_fen,
    CAST(CASE
      WHEN if5_grade = 'AAA'
      THEN 30000000
      WHEN if5_grade = 'AA'
      THEN 15000000
      WHEN if5_grade = 'A'
      THEN 8000000
      ELSE 0
    END AS BIGINT) AS if5_grade_cap_fen,
    CASE
      WHEN COALESCE(if6_score_points >= 80, FALSE)
      THEN 'AAA'
      WHEN COALESCE(if6_score_points >= 70, FALSE)
      THEN 'AA'
      WHEN COALESCE(if6_score_points >= 60, FALSE)
      THEN 'A'
      ELSE 'none'
    END AS if6_grade,
    LEAST(income_capacity_fen, net_assets_cap_fen, if7_grade_cap_fen) AS if7_lowest_cap_fen,
    CASE
      WHEN COALESCE(if8_score_points >= 80, FALSE)
      THEN 'AAA'
      WHEN COALESCE(if8_score_points >= 70, FALSE)
      THEN 'AA'
      WHEN COALESCE(if8_score_points >= 60, FALSE)
      THEN 'A'
      ELSE 'none'
    END AS if8_grade,
    LEAST(income_capacity_fen, net_assets_cap_fen, if9_grade_cap_fen) AS if9_lowest_cap_fen,
    LEAST(income_capacity_fen, net_assets_cap_fen, if10_grade_cap_fen) AS if10_lowest_cap_fen,
    LEAST(income_capacity_fen, if11_net_assets_cap_fen, if11_grade_cap_fen) AS if11_lowest_cap_fen,
    LEAST(income_capacity_fen, net_assets_cap_fen, if12_grade_cap_fen) AS if12_lowest_cap_fen,
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
  FROM rules_8
), rules_10 AS (
  SELECT
    rules_9.*,
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
    END AS BIGINT) AS visit_days,
    LEAST(GREATEST(debts_elsewhere_fen, 0), if2_lowest_cap_fen) AS if2_debts_counted_fen,
    LEAST(GREATEST(debts_elsewhere_fen, 0), if3_lowest_cap_fen) AS if3_debts_counted_fen,
    LEAST(if4_income_capacity_fen, net_assets_cap_fen, if4_grade_cap_fen) AS if4_lowest_cap_fen,
    LEAST(if5_income_capacity_fen, net_assets_cap_fen, if5_grade_cap_fen) AS if5_lowest_cap_fen,
    CAST(CASE
      WHEN if6_grade = 'AAA'
      THEN 30000000
      WHEN if6_grade = 'AA'
      THEN 15000000
      WHEN if6_grade = 'A'
      THEN 8000000
      ELSE 0
    END AS BIGINT) AS if6_grade_cap_fen,
    LEAST(GREATEST(debts_elsewhere_fen, 0), if7_lowest_cap_fen) AS if7_debts_counted_fen,
    CAST(CASE
      WHEN if8_grade = 'AAA'
      THEN 30000000
      WHEN if8_grade = 'AA'
      THEN 15000000
      WHEN if8_grade = 'A'
      THEN 8000000
      ELSE 0
    END AS BIGINT) AS if8_grade_cap_fen,
    LEAST(GREATEST(debts_elsewhere_fen, 0), if9_lowest_cap_fen) AS if9_debts_counted_fen,
    LEAST(GREATEST(debts_elsewhere_fen, 0), if10_lowest_cap_fen) AS if10_debts_counted_fen,
    LEAST(GREATEST(if11_debts_elsewhere_fen, 0), if11_lowest_cap_fen) AS if11_debts_counted_fen,
    LEAST(GREATEST(debts_elsewhere_fen, 0), if12_lowest_cap_fen) AS if12_debts_counted_fen
  FROM rules_9
), rules_11 AS (
  SELECT
    rules_10.*,
    lowest_cap_fen - debts_counted_fen - (
      (
        lowest_cap_fen - debts_counted_fen
      ) % 100000
    ) AS limit_before_veto_fen,
    if2_lowest_cap_fen - if2_debts_counted_fen - (
      (
        if2_lowest_cap_fen - if2_debts_counted_fen
      ) % 100000
    ) AS if2_limit_before_veto_fen,
    if3_lowest_cap_fen - if3_debts_counted_fen - (
      (
        if3_lowest_cap_fen - if3_debts_counted_fen
      ) % 100000
    ) AS if3_limit_before_veto_fen,
    LEAST(GREATEST(debts_elsewhere_fen, 0), if4_lowest_cap_fen) AS if4_debts_counted_fen,
    LEAST(GREATEST(debts_elsewhere_fen, 0), if5_lowest_cap_fen) AS if5_debts_counted_fen,
    LEAST(if6_income_capacity_fen, net_assets_cap_fen, if6_grade_cap_fen) AS if6_lowest_cap_fen,
    if7_lowest_cap_fen - if7_debts_counted_fen - (
      (
        if7_lowest_cap_fen - if7_debts_counted_fen
      ) % 100000
    ) AS if7_limit_before_veto_fen,
    LEAST(if8_income_capacity_fen, net_assets_cap_fen, if8_grade_cap_fen) AS if8_lowest_cap_fen,
    if9_lowest_cap_fen - if9_debts_counted_fen - (
      (
        if9_lowest_cap_fen - if9_debts_counted_fen
      ) % 100000
    ) AS if9_limit_before_veto_fen,
    if10_lowest_cap_fen - if10_debts_counted_fen - (
      (
        if10_lowest_cap_fen - if10_debts_counted_fen
      ) % 100000
    ) AS if10_limit_before_veto_fen,
    if11_lowest_cap_fen - if11_debts_counted_fen - (
      (
        if11_lowest_cap_fen - if11_debts_counted_fen
      ) % 100000
    ) AS if11_limit_before_veto_fen,
    if12_lowest_cap_fen - if12_debts_counted_fen - (
      (
        if12_lowest_cap_fen - if12_debts_counted_fen
      ) % 100000
    ) AS if12_limit_before_veto_fen,
    COALESCE(debts_counted_fen > 0, FALSE) AS reason_sum_debts_elsewhere_when,
    -debts_counted_fen AS reason_sum_debts_elsewhere_fen
  FROM rules_10
), rules_12 AS (
  SELECT
    rules_11.*,
    CASE
      WHEN is_overdue OR is_age_unknown OR is_out_of_age OR is_without_consent
      THEN 0
      ELSE limit_before_veto_fen
    END AS limit_fen,
    CASE
      WHEN is_overdue OR is_age_unknown OR is_out_of_age OR if1_is_without_consent
      THEN 0
      ELSE limit_before_veto_fen
    END AS if1_limit_fen,
    CASE
      WHEN is_overdue OR if2_is_age_unknown OR if2_is_out_of_age OR is_without_consent
      THEN 0
      ELSE if2_limit_before_veto_fen
    END AS if2_limit_fen,
    CASE
      WHEN is_overdue OR if3_is_age_unknown OR if3_is_out_of_age OR if3_is_without_consent
      THEN 0
      ELSE if3_limit_before_veto_fen
    END AS if3_limit_fen,
    if4_lowest_cap_fen - if4_debts_counted_fen - (
      (
        if4_lowest_cap_fen - if4_debts_counted_fen
      ) % 100000
    ) AS if4_limit_before_veto_fen,
    if5_lowest_cap_fen - if5_debts_counted_fen - (
      (
        if5_lowest_cap_fen - if5_debts_counted_fen
      ) % 100000
    ) AS if5_limit_before_veto_fen,
    LEAST(GREATEST(debts_elsewhere_fen, 0), if6_lowest_cap_fen) AS if6_debts_counted_fen,
    CASE
      WHEN is_overdue OR is_age_unknown OR is_out_of_age OR is_without_consent
      THEN 0
      ELSE if7_limit_before_veto_fen
    END AS if7_limit_fen,
    LEAST(GREATEST(debts_elsewhere_fen, 0), if8_lowest_cap_fen) AS if8_debts_counted_fen,
    CASE
      WHEN is_overdue OR is_age_unknown OR is_out_of_age OR is_without_consent
      THEN 0
      ELSE if9_limit_before_veto_fen
    END AS if9_limit_fen,
    CASE
      WHEN is_overdue OR is_age_unknown OR is_out_of_age OR is_without_consent
      THEN 0
      ELSE if10_limit_before_veto_fen
    END AS if10_limit_fen,
    CASE
      WHEN is_overdue OR is_age_unknown OR is_out_of_age OR is_without_consent
      THEN 0
      ELSE if11_limit_before_veto_fen
    END AS if11_limit_fen,
    CASE
      WHEN if12_is_overdue OR is_age_unknown OR is_out_of_age OR is_without_consent
      THEN 0
      ELSE if12_limit_before_veto_fen
    END AS if12_limit_fen,
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
  FROM rules_11
), rules_13 AS (
  SELECT
    rules_12.*,
    CASE
      WHEN limit_fen > 0
      THEN GREATEST(guide_rate_bp - tier_discount_bp - contribution_discount_bp, 385)
      ELSE CAST(NULL AS BIGINT)
    END AS rate_bp,
    CASE
      WHEN COALESCE(credit_consent_count = 0, FALSE)
      THEN GREATEST(if1_limit_fen - limit_fen, 0)
      ELSE 0
    END AS consent_raise_fen,
    CASE
      WHEN COALESCE(lead_age_years IS NULL, FALSE)
      THEN GREATEST(if2_limit_fen - limit_fen, 0)
      ELSE 0
    END AS birth_date_raise_fen,
    CASE
      WHEN COALESCE(lead_age_years IS NULL AND credit_consent_count = 0, FALSE)
      THEN GREATEST(if3_limit_fen - limit_fen, 0)
      ELSE 0
    END AS papers_raise_fen,
    CASE
      WHEN is_overdue OR is_age_unknown OR is_out_of_age OR is_without_consent
      THEN 0
      ELSE if4_limit_before_veto_fen
    END AS if4_limit_fen,
    CASE
      WHEN is_overdue OR is_age_unknown OR is_out_of_age OR is_without_consent
      THEN 0
      ELSE if5_limit_before_veto_fen
    END AS if5_limit_fen,
    if6_lowest_cap_fen - if6_debts_counted_fen - (
      (
        if6_lowest_cap_fen - if6_debts_counted_fen
      ) % 100000
    ) AS if6_limit_before_veto_fen,
    CASE
      WHEN COALESCE(
        COALESCE(income_age_days, 541) <= 540
        AND member_count > 0
        AND thing_count > 0
        AND CASE
          WHEN kind = 'household'
          THEN NOT (
            spending_year_fen IS NULL
          )
          ELSE NOT (
            costs_year_fen IS NULL
          )
        END,
        FALSE
      )
      THEN GREATEST(if7_limit_fen - limit_fen, 0)
      ELSE 0
    END AS completeness_raise_fen,
    if8_lowest_cap_fen - if8_debts_counted_fen - (
      (
        if8_lowest_cap_fen - if8_debts_counted_fen
      ) % 100000
    ) AS if8_limit_before_veto_fen,
    CASE
      WHEN COALESCE(kind = 'household' AND evaluation_percent IS NULL, FALSE)
      THEN GREATEST(if9_limit_fen - limit_fen, 0)
      ELSE 0
    END AS evaluation_raise_fen,
    CASE
      WHEN COALESCE(deposits_goal_fen > 0 AND accounts_consent_count > 0, FALSE)
      THEN GREATEST(if10_limit_fen - limit_fen, 0)
      ELSE 0
    END AS deposits_raise_fen,
    CASE
      WHEN COALESCE(debts_elsewhere_fen > 0, FALSE)
      THEN GREATEST(if11_limit_fen - limit_fen, 0)
      ELSE 0
    END AS debts_raise_fen,
    CASE
      WHEN COALESCE(overdue_days > 0, FALSE)
      THEN GREATEST(if12_limit_fen - limit_fen, 0)
      ELSE 0
    END AS overdue_raise_fen,
    COALESCE(wanted_fen > limit_fen, FALSE) AS tag_wants_more_than_limit,
    COALESCE(loan_need_count >= 1 AND limit_fen > 0 AND limit_fen >= wanted_fen, FALSE) AS tag_wants_within_limit,
    COALESCE(limit_fen >= 1000000 AND loans_fen = 0, FALSE) AS tag_granted_unused,
    COALESCE(loans_fen > 0 AND limit_fen > loans_fen, FALSE) AS tag_limit_beyond_loan,
    kind = 'household' AND COALESCE(evaluation_limit_fen > limit_fen, FALSE) AS tag_village_suggests_more,
    COALESCE(limit_fen > 0 AND net_assets_cap_fen > lowest_cap_fen, FALSE) AS reason_cap_net_assets_when,
    COALESCE(limit_fen > 0 AND grade_cap_fen > lowest_cap_fen, FALSE) AS reason_cap_grade_when,
    COALESCE(limit_fen > 0 AND overdue_days = 0, FALSE) AS suits_loan,
    kind = 'household'
    AND COALESCE(limit_fen > 0 AND overdue_days = 0 AND farm_income_fen > 0, FALSE) AS suits_farm_loan,
    kind = 'household'
    AND COALESCE(
      limit_fen > 0
      AND overdue_days = 0
      AND wages_income_fen + migrant_income_fen + wages_year_fen > 0,
      FALSE
    ) AS suits_consumer_loan
  FROM rules_12
), rules_14 AS (
  SELECT
    rules_13.*,
    CASE
      WHEN COALESCE(unproven_income_fen > 0, FALSE)
      THEN GREATEST(if4_limit_fen - limit_fen, 0)
      ELSE 0
    END AS contract_raise_fen,
    CASE
      WHEN COALESCE(kind = 'business' AND licence_photo_count = 0, FALSE)
      THEN GREATEST(if5_limit_fen - limit_fen, 0)
      ELSE 0
    END AS licence_raise_fen,
    CASE
      WHEN is_overdue OR is_age_unknown OR is_out_of_age OR is_without_consent
      THEN 0
      ELSE if6_limit_before_veto_fen
    END AS if6_limit_fen,
    CASE
      WHEN is_overdue OR is_age_unknown OR is_out_of_age OR is_without_consent
      THEN 0
      ELSE if8_limit_before_veto_fen
    END AS if8_limit_fen,
    consent_raise_fen AS reason_raise_consent_fen,
    birth_date_raise_fen AS reason_raise_birth_date_fen,
    papers_raise_fen AS reason_raise_papers_fen,
    completeness_raise_fen AS reason_raise_completeness_fen,
    evaluation_raise_fen AS reason_raise_evaluation_fen,
    deposits_raise_fen AS reason_raise_deposits_fen,
    debts_raise_fen AS reason_raise_debts_fen,
    overdue_raise_fen AS reason_raise_overdue_fen,
    COALESCE(consent_raise_fen > 0, FALSE) AS reason_raise_consent_holds,
    COALESCE(birth_date_raise_fen > 0, FALSE) AS reason_raise_birth_date_holds,
    COALESCE(papers_raise_fen > 0, FALSE) AS reason_raise_papers_holds,
    COALESCE(completeness_raise_fen > 0, FALSE) AS reason_raise_completeness_holds,
    COALESCE(evaluation_raise_fen > 0, FALSE) AS reason_raise_evaluation_holds,
    COALESCE(deposits_raise_fen > 0, FALSE) AS reason_raise_deposits_holds,
    COALESCE(debts_raise_fen > 0, FALSE) AS reason_raise_debts_holds,
    COALESCE(overdue_raise_fen > 0, FALSE) AS reason_raise_overdue_holds
  FROM rules_13
), rules_15 AS (
  SELECT
    rules_14.*,
    CASE
      WHEN COALESCE(
        counted_income_fen > 0
        AND CASE
          WHEN kind = 'household'
          THEN spending_year_fen IS NULL
          ELSE costs_year_fen IS NULL
        END,
        FALSE
      )
      THEN GREATEST(if6_limit_fen - limit_fen, 0)
      ELSE 0
    END AS spending_raise_fen,
    CASE
      WHEN COALESCE(income_age_days > 540, FALSE)
      THEN GREATEST(if8_limit_fen - limit_fen, 0)
      ELSE 0
    END AS fresh_income_raise_fen,
    contract_raise_fen AS reason_raise_contract_fen,
    licence_raise_fen AS reason_raise_licence_fen,
    COALESCE(contract_raise_fen > 0, FALSE) AS reason_raise_contract_holds,
    COALESCE(licence_raise_fen > 0, FALSE) AS reason_raise_licence_holds
  FROM rules_14
), rules_16 AS (
  SELECT
    rules_15.*,
    spending_raise_fen AS reason_raise_spending_fen,
    fresh_income_raise_fen AS reason_raise_fresh_income_fen,
    COALESCE(spending_raise_fen > 0, FALSE) AS reason_raise_spending_holds,
    COALESCE(fresh_income_raise_fen > 0, FALSE) AS reason_raise_fresh_income_holds
  FROM rules_15
), rules_17 AS (
  SELECT
    rules_16.*,
    reason_raise_consent_holds
    AND CAST(CASE
      WHEN reason_raise_birth_date_holds
      AND reason_raise_birth_date_fen > reason_raise_consent_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_papers_holds AND reason_raise_papers_fen > reason_raise_consent_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_contract_holds
      AND reason_raise_contract_fen > reason_raise_consent_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_licence_holds
      AND reason_raise_licence_fen > reason_raise_consent_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_spending_holds
      AND reason_raise_spending_fen > reason_raise_consent_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_completeness_holds
      AND reason_raise_completeness_fen > reason_raise_consent_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_fresh_income_holds
      AND reason_raise_fresh_income_fen > reason_raise_consent_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_evaluation_holds
      AND reason_raise_evaluation_fen > reason_raise_consent_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_deposits_holds
      AND reason_raise_deposits_fen > reason_raise_consent_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_debts_holds AND reason_raise_debts_fen > reason_raise_consent_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_overdue_holds
      AND reason_raise_overdue_fen > reason_raise_consent_fen
      THEN 1
      ELSE 0
    END AS BIGINT) < 3 AS reason_raise_consent_when,
    reason_raise_birth_date_holds
    AND CAST(CASE
      WHEN reason_raise_consent_holds
      AND reason_raise_consent_fen >= reason_raise_birth_date_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_papers_holds
      AND reason_raise_papers_fen > reason_raise_birth_date_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_contract_holds
      AND reason_raise_contract_fen > reason_raise_birth_date_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_licence_holds
      AND reason_raise_licence_fen > reason_raise_birth_date_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_spending_holds
      AND reason_raise_spending_fen > reason_raise_birth_date_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_completeness_holds
      AND reason_raise_completeness_fen > reason_raise_birth_date_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_fresh_income_holds
      AND reason_raise_fresh_income_fen > reason_raise_birth_date_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_evaluation_holds
      AND reason_raise_evaluation_fen > reason_raise_birth_date_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_deposits_holds
      AND reason_raise_deposits_fen > reason_raise_birth_date_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_debts_holds AND reason_raise_debts_fen > reason_raise_birth_date_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_overdue_holds
      AND reason_raise_overdue_fen > reason_raise_birth_date_fen
      THEN 1
      ELSE 0
    END AS BIGINT) < 3 AS reason_raise_birth_date_when,
    reason_raise_papers_holds
    AND CAST(CASE
      WHEN reason_raise_consent_holds
      AND reason_raise_consent_fen >= reason_raise_papers_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_birth_date_holds
      AND reason_raise_birth_date_fen >= reason_raise_papers_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_contract_holds
      AND reason_raise_contract_fen > reason_raise_papers_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_licence_holds AND reason_raise_licence_fen > reason_raise_papers_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_spending_holds
      AND reason_raise_spending_fen > reason_raise_papers_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_completeness_holds
      AND reason_raise_completeness_fen > reason_raise_papers_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_fresh_income_holds
      AND reason_raise_fresh_income_fen > reason_raise_papers_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_evaluation_holds
      AND reason_raise_evaluation_fen > reason_raise_papers_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_deposits_holds
      AND reason_raise_deposits_fen > reason_raise_papers_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_debts_holds AND reason_raise_debts_fen > reason_raise_papers_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_overdue_holds AND reason_raise_overdue_fen > reason_raise_papers_fen
      THEN 1
      ELSE 0
    END AS BIGINT) < 3 AS reason_raise_papers_when,
    reason_raise_contract_holds
    AND CAST(CASE
      WHEN reason_raise_consent_holds
      AND reason_raise_consent_fen >= reason_raise_contract_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_birth_date_holds
      AND reason_raise_birth_date_fen >= reason_raise_contract_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_papers_holds
      AND reason_raise_papers_fen >= reason_raise_contract_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_licence_holds
      AND reason_raise_licence_fen > reason_raise_contract_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_spending_holds
      AND reason_raise_spending_fen > reason_raise_contract_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_completeness_holds
      AND reason_raise_completeness_fen > reason_raise_contract_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_fresh_income_holds
      AND reason_raise_fresh_income_fen > reason_raise_contract_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_evaluation_holds
      AND reason_raise_evaluation_fen > reason_raise_contract_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_deposits_holds
      AND reason_raise_deposits_fen > reason_raise_contract_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_debts_holds AND reason_raise_debts_fen > reason_raise_contract_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_overdue_holds
      AND reason_raise_overdue_fen > reason_raise_contract_fen
      THEN 1
      ELSE 0
    END AS BIGINT) < 3 AS reason_raise_contract_when,
    reason_raise_licence_holds
    AND CAST(CASE
      WHEN reason_raise_consent_holds
      AND reason_raise_consent_fen >= reason_raise_licence_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_birth_date_holds
      AND reason_raise_birth_date_fen >= reason_raise_licence_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_papers_holds AND reason_raise_papers_fen >= reason_raise_licence_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_contract_holds
      AND reason_raise_contract_fen >= reason_raise_licence_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_spending_holds
      AND reason_raise_spending_fen > reason_raise_licence_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_completeness_holds
      AND reason_raise_completeness_fen > reason_raise_licence_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_fresh_income_holds
      AND reason_raise_fresh_income_fen > reason_raise_licence_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_evaluation_holds
      AND reason_raise_evaluation_fen > reason_raise_licence_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_deposits_holds
      AND reason_raise_deposits_fen > reason_raise_licence_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_debts_holds AND reason_raise_debts_fen > reason_raise_licence_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_overdue_holds
      AND reason_raise_overdue_fen > reason_raise_licence_fen
      THEN 1
      ELSE 0
    END AS BIGINT) < 3 AS reason_raise_licence_when,
    reason_raise_spending_holds
    AND CAST(CASE
      WHEN reason_raise_consent_holds
      AND reason_raise_consent_fen >= reason_raise_spending_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_birth_date_holds
      AND reason_raise_birth_date_fen >= reason_raise_spending_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_papers_holds
      AND reason_raise_papers_fen >= reason_raise_spending_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_contract_holds
      AND reason_raise_contract_fen >= reason_raise_spending_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_licence_holds
      AND reason_raise_licence_fen >= reason_raise_spending_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_completeness_holds
      AND reason_raise_completeness_fen > reason_raise_spending_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_fresh_income_holds
      AND reason_raise_fresh_income_fen > reason_raise_spending_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_evaluation_holds
      AND reason_raise_evaluation_fen > reason_raise_spending_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_deposits_holds
      AND reason_raise_deposits_fen > reason_raise_spending_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_debts_holds AND reason_raise_debts_fen > reason_raise_spending_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_overdue_holds
      AND reason_raise_overdue_fen > reason_raise_spending_fen
      THEN 1
      ELSE 0
    END AS BIGINT) < 3 AS reason_raise_spending_when,
    reason_raise_completeness_holds
    AND CAST(CASE
      WHEN reason_raise_consent_holds
      AND reason_raise_consent_fen >= reason_raise_completeness_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_birth_date_holds
      AND reason_raise_birth_date_fen >= reason_raise_completeness_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_papers_holds
      AND reason_raise_papers_fen >= reason_raise_completeness_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_contract_holds
      AND reason_raise_contract_fen >= reason_raise_completeness_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_licence_holds
      AND reason_raise_licence_fen >= reason_raise_completeness_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_spending_holds
      AND reason_raise_spending_fen >= reason_raise_completeness_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_fresh_income_holds
      AND reason_raise_fresh_income_fen > reason_raise_completeness_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_evaluation_holds
      AND reason_raise_evaluation_fen > reason_raise_completeness_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_deposits_holds
      AND reason_raise_deposits_fen > reason_raise_completeness_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_debts_holds
      AND reason_raise_debts_fen > reason_raise_completeness_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_overdue_holds
      AND reason_raise_overdue_fen > reason_raise_completeness_fen
      THEN 1
      ELSE 0
    END AS BIGINT) < 3 AS reason_raise_completeness_when,
    reason_raise_fresh_income_holds
    AND CAST(CASE
      WHEN reason_raise_consent_holds
      AND reason_raise_consent_fen >= reason_raise_fresh_income_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_birth_date_holds
      AND reason_raise_birth_date_fen >= reason_raise_fresh_income_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_papers_holds
      AND reason_raise_papers_fen >= reason_raise_fresh_income_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_contract_holds
      AND reason_raise_contract_fen >= reason_raise_fresh_income_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_licence_holds
      AND reason_raise_licence_fen >= reason_raise_fresh_income_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_spending_holds
      AND reason_raise_spending_fen >= reason_raise_fresh_income_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_completeness_holds
      AND reason_raise_completeness_fen >= reason_raise_fresh_income_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_evaluation_holds
      AND reason_raise_evaluation_fen > reason_raise_fresh_income_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_deposits_holds
      AND reason_raise_deposits_fen > reason_raise_fresh_income_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_debts_holds
      AND reason_raise_debts_fen > reason_raise_fresh_income_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_overdue_holds
      AND reason_raise_overdue_fen > reason_raise_fresh_income_fen
      THEN 1
      ELSE 0
    END AS BIGINT) < 3 AS reason_raise_fresh_income_when,
    reason_raise_evaluation_holds
    AND CAST(CASE
      WHEN reason_raise_consent_holds
      AND reason_raise_consent_fen >= reason_raise_evaluation_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_birth_date_holds
      AND reason_raise_birth_date_fen >= reason_raise_evaluation_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_papers_holds
      AND reason_raise_papers_fen >= reason_raise_evaluation_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_contract_holds
      AND reason_raise_contract_fen >= reason_raise_evaluation_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_licence_holds
      AND reason_raise_licence_fen >= reason_raise_evaluation_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_spending_holds
      AND reason_raise_spending_fen >= reason_raise_evaluation_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_completeness_holds
      AND reason_raise_completeness_fen >= reason_raise_evaluation_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_fresh_income_holds
      AND reason_raise_fresh_income_fen >= reason_raise_evaluation_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_deposits_holds
      AND reason_raise_deposits_fen > reason_raise_evaluation_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_debts_holds AND reason_raise_debts_fen > reason_raise_evaluation_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_overdue_holds
      AND reason_raise_overdue_fen > reason_raise_evaluation_fen
      THEN 1
      ELSE 0
    END AS BIGINT) < 3 AS reason_raise_evaluation_when,
    reason_raise_deposits_holds
    AND CAST(CASE
      WHEN reason_raise_consent_holds
      AND reason_raise_consent_fen >= reason_raise_deposits_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_birth_date_holds
      AND reason_raise_birth_date_fen >= reason_raise_deposits_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_papers_holds
      AND reason_raise_papers_fen >= reason_raise_deposits_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_contract_holds
      AND reason_raise_contract_fen >= reason_raise_deposits_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_licence_holds
      AND reason_raise_licence_fen >= reason_raise_deposits_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_spending_holds
      AND reason_raise_spending_fen >= reason_raise_deposits_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_completeness_holds
      AND reason_raise_completeness_fen >= reason_raise_deposits_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_fresh_income_holds
      AND reason_raise_fresh_income_fen >= reason_raise_deposits_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_evaluation_holds
      AND reason_raise_evaluation_fen >= reason_raise_deposits_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_debts_holds AND reason_raise_debts_fen > reason_raise_deposits_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_overdue_holds
      AND reason_raise_overdue_fen > reason_raise_deposits_fen
      THEN 1
      ELSE 0
    END AS BIGINT) < 3 AS reason_raise_deposits_when,
    reason_raise_debts_holds
    AND CAST(CASE
      WHEN reason_raise_consent_holds AND reason_raise_consent_fen >= reason_raise_debts_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_birth_date_holds
      AND reason_raise_birth_date_fen >= reason_raise_debts_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_papers_holds AND reason_raise_papers_fen >= reason_raise_debts_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_contract_holds
      AND reason_raise_contract_fen >= reason_raise_debts_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_licence_holds AND reason_raise_licence_fen >= reason_raise_debts_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_spending_holds
      AND reason_raise_spending_fen >= reason_raise_debts_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_completeness_holds
      AND reason_raise_completeness_fen >= reason_raise_debts_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_fresh_income_holds
      AND reason_raise_fresh_income_fen >= reason_raise_debts_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_evaluation_holds
      AND reason_raise_evaluation_fen >= reason_raise_debts_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_deposits_holds
      AND reason_raise_deposits_fen >= reason_raise_debts_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_overdue_holds AND reason_raise_overdue_fen > reason_raise_debts_fen
      THEN 1
      ELSE 0
    END AS BIGINT) < 3 AS reason_raise_debts_when,
    reason_raise_overdue_holds
    AND CAST(CASE
      WHEN reason_raise_consent_holds
      AND reason_raise_consent_fen >= reason_raise_overdue_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_birth_date_holds
      AND reason_raise_birth_date_fen >= reason_raise_overdue_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_papers_holds AND reason_raise_papers_fen >= reason_raise_overdue_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_contract_holds
      AND reason_raise_contract_fen >= reason_raise_overdue_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_licence_holds
      AND reason_raise_licence_fen >= reason_raise_overdue_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_spending_holds
      AND reason_raise_spending_fen >= reason_raise_overdue_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_completeness_holds
      AND reason_raise_completeness_fen >= reason_raise_overdue_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_fresh_income_holds
      AND reason_raise_fresh_income_fen >= reason_raise_overdue_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_evaluation_holds
      AND reason_raise_evaluation_fen >= reason_raise_overdue_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_deposits_holds
      AND reason_raise_deposits_fen >= reason_raise_overdue_fen
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN reason_raise_debts_holds AND reason_raise_debts_fen >= reason_raise_overdue_fen
      THEN 1
      ELSE 0
    END AS BIGINT) < 3 AS reason_raise_overdue_when
  FROM rules_16
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
  [
    CAST(CASE WHEN COALESCE(lead_age_years BETWEEN 18 AND 60, FALSE) THEN 1 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(member_count >= 5, FALSE)
      THEN 2
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(hukou = 'other', FALSE) THEN 4 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(farmland_m2 >= 33350, FALSE) THEN 8 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(vehicle_count >= 1, FALSE) THEN 16 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_well_off THEN 32 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(
        member_count > 0
        AND CAST(income_year_fen AS DOUBLE) / NULLIF(CAST(member_count * place_income_per_head_fen AS DOUBLE), 0) >= 1.5,
        FALSE
      )
      THEN 64
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(year_average_fen >= 100000, FALSE) THEN 128 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(loans_fen > 0, FALSE) THEN 256 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(investment_count >= 1, FALSE) THEN 512 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(mobile_banking_count >= 1, FALSE) THEN 1024 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(merchant_qr_count >= 1, FALSE) THEN 2048 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(social_card_count >= 1, FALSE) THEN 4096 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(active_month_count >= 9, FALSE) THEN 8192 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(inflow_change_ratio >= 1.3 AND inflow_quarter_fen >= 500000, FALSE)
      THEN 16384
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(wages_year_fen > 0, FALSE) THEN 32768 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(merchant_year_fen >= 10000000, FALSE) THEN 65536 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(overdue_days > 0, FALSE) THEN 131072 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_owes_elsewhere THEN 262144 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_granted_unused THEN 524288 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_deposit_pillar THEN 1048576 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(product_count >= 4, FALSE) THEN 2097152 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_away_workers THEN 4194304 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(student_count >= 1, FALSE)
      THEN 8388608
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_loan_wanted THEN 16777216 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(last_met_on IS NULL OR unseen_days > 180, FALSE)
      THEN 33554432
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(refused_count >= 2, FALSE) THEN 67108864 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(due_days BETWEEN 0 AND 90, FALSE) THEN 134217728 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(due_days BETWEEN 0 AND 30, FALSE) THEN 268435456 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_fully_drawn THEN 2147483648 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(loans_fen > 0 AND loans_fen * 100 < granted_fen * 50, FALSE)
      THEN 4294967296
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_repaid_contract THEN 8589934592 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_never_borrowed THEN 17179869184 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(loans_fen >= 10000000, FALSE) THEN 34359738368 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(loans_fen BETWEEN 1 AND 2999999, FALSE)
      THEN 68719476736
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(loan_rate_bp > 480, FALSE) THEN 137438953472 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(loan_rate_bp <= 405, FALSE) THEN 274877906944 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(last_granted_days <= 180, FALSE) THEN 549755813888 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(limit_fen = 0, FALSE) THEN 1099511627776 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(limit_fen >= 10000000, FALSE) THEN 2199023255552 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_limit_beyond_loan THEN 4398046511104 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(loans_fen > limit_fen, FALSE) THEN 8796093022208 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(grade = 'AAA', FALSE) THEN 17592186044416 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(grade = 'AA', FALSE) THEN 35184372088832 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(grade = 'A', FALSE) THEN 70368744177664 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_grade_near THEN 140737488355328 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(loans_fen + debts_elsewhere_fen + debts_private_fen = 0, FALSE)
      THEN 281474976710656
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_owes_privately THEN 562949953421312 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_ready_for_evaluation THEN 144115188075855872 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_village_speaks_well THEN 288230376151711744 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_village_suggests_more THEN 4611686018427387904 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(unseen_days <= 30, FALSE) THEN -9223372036854775808 ELSE 0 END AS BIGINT),
    CAST(CASE WHEN COALESCE(last_met_on IS NULL OR unseen_days > 60, FALSE) THEN 1 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(last_met_on IS NULL, FALSE) THEN 2 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(last_onsite_on IS NULL, FALSE) THEN 4 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(last_onsite_days > 180, FALSE) THEN 8 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(last_onsite_days <= 30, FALSE) THEN 16 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(reached_year_count >= 4, FALSE) THEN 32 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(reached_year_count = 1, FALSE) THEN 64 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(phone_year_count >= 1, FALSE) THEN 128 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(wechat_year_count >= 1, FALSE) THEN 256 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_comes_to_branch THEN 512 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(agent_year_count >= 1, FALSE) THEN 1024 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(pair_year_count >= 1, FALSE) THEN 2048 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(absent_half_count >= 1, FALSE) THEN 4096 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(absent_half_count >= 2, FALSE) THEN 8192 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(astray_year_count >= 1, FALSE) THEN 16384 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(refused_count = 1, FALSE) THEN 32768 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(next_contact_days BETWEEN 0 AND 14, FALSE) THEN 65536 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(
        next_contact_days < 0
        AND (
          last_met_on IS NULL OR last_met_on < next_contact_on
        ),
        FALSE
      )
      THEN 131072
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_wants_deposit THEN 262144 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_wants_qr THEN 524288 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_wants_mobile THEN 1048576 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_wants_social_card THEN 2097152 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_wants_insurance THEN 4194304 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_wants_etc THEN 8388608 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_wants_wealth THEN 16777216 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(wanted_fen >= 10000000, FALSE) THEN 33554432 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_wants_more_than_limit THEN 67108864 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_wants_within_limit THEN 134217728 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(need_count >= 2, FALSE) THEN 268435456 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(shown_half_count >= 1, FALSE) THEN 536870912 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_loan_presented_unused THEN 1073741824 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_mobile_presented_unused THEN 2147483648 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(plan_count >= 1, FALSE) THEN 4294967296 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_loan_planned THEN 8589934592 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_savings_planned THEN 17179869184 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_insurance_planned THEN 34359738368 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_plan_soon THEN 68719476736 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_plan_gone_by THEN 137438953472 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(secured_plan_count >= 1, FALSE) THEN 274877906944 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(long_plan_count >= 1, FALSE) THEN 549755813888 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(tier = 'high_end', FALSE) THEN 1099511627776 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(tier = 'core', FALSE) THEN 2199023255552 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(tier = 'basic', FALSE) THEN 4398046511104 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(stage = 'new', FALSE) THEN 8796093022208 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(stage = 'growing', FALSE) THEN 17592186044416 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(stage = 'declining', FALSE) THEN 35184372088832 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(stage = 'dormant', FALSE) THEN 70368744177664 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_money_with_others THEN 9007199254740992 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(year_average_fen >= 100000 AND loans_fen > 0, FALSE)
      THEN 18014398509481984
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_three_year_customer THEN 36028797018963968 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_well_off_few_products THEN 72057594037927936 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_earns_well_saves_little THEN 144115188075855872 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(active_month_count = 0, FALSE) THEN 288230376151711744 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_gone_quiet THEN 576460752303423488 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_inflow_falling THEN 1152921504606846976 ELSE 0 END AS BIGINT) + CAST(CASE
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
    CAST(CASE WHEN COALESCE(net_flow_fen >= 1000000, FALSE) THEN 1 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(net_flow_fen < 0, FALSE) THEN 2 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(deficit_month_count >= 6, FALSE) THEN 4 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(movement_count >= 200, FALSE) THEN 8 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(movement_count BETWEEN 1 AND 59, FALSE) THEN 16 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_steady_wages THEN 32 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_wages_stopped THEN 64 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(merchant_year_fen > 0, FALSE) THEN 128 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_takings_thirty_thousand THEN 256 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(merchant_year_fen >= 30000000, FALSE) THEN 512 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_takings_rising THEN 1024 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_takings_falling THEN 2048 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_flow_lacks_turnover THEN 32768 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(account_count = 0, FALSE) THEN 65536 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(product_count = 0, FALSE) THEN 131072 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_few_products THEN 262144 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(product_count >= 5, FALSE) THEN 524288 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(term_deposits_fen > 0, FALSE) THEN 1048576 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(term_deposits_fen >= 10000000, FALSE) THEN 2097152 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_idle_demand THEN 4194304 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_small_deposit THEN 8388608 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(social_deposits_fen > 0, FALSE)
      THEN 16777216
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_new_account THEN 33554432 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(insurance_held_count >= 1, FALSE) THEN 67108864 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(wealth_held_count >= 1, FALSE) THEN 134217728 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(credit_card_held_count >= 1, FALSE) THEN 268435456 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_depositor_without_wealth THEN 536870912 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(loans_fen > 0 AND insurance_held_count = 0, FALSE)
      THEN 1073741824
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(deposits_fen >= 100000 AND loan_count = 0, FALSE)
      THEN 2147483648
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_borrows_only THEN 4294967296 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(loan_count >= 2, FALSE) THEN 8589934592 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(new_product_count >= 1, FALSE) THEN 17179869184 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(product_count >= 1 AND new_product_count = 0, FALSE)
      THEN 34359738368
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(new_product_count >= 3, FALSE) THEN 68719476736 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_no_mobile_banking THEN 137438953472 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(account_count >= 1 AND social_card_count = 0, FALSE)
      THEN 274877906944
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_elder_without_social_card THEN 549755813888 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_young_without_mobile THEN 1099511627776 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(etc_held_count >= 1, FALSE) THEN 2199023255552 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_trader_no_qr THEN 140737488355328 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_qr_asleep THEN 281474976710656 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(merchant_month_count >= 9, FALSE) THEN 562949953421312 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(marketing_consent_count >= 1, FALSE)
      THEN 1125899906842624
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(farmland_m2 = 0, FALSE)
      THEN 2251799813685248
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_ten_mu THEN 4503599627370496 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_rents_land_in THEN 9007199254740992 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(rented_in_m2 >= 13340, FALSE)
      THEN 18014398509481984
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(rented_out_m2 > 0, FALSE)
      THEN 36028797018963968
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_grows_tea THEN 72057594037927936 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_grows_grain THEN 144115188075855872 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(rape_m2 > 0, FALSE)
      THEN 288230376151711744
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_grows_vegetables THEN 576460752303423488 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_grows_flowers THEN 1152921504606846976 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tea_m2 + vegetables_m2 + flowers_m2 >= 2001, FALSE)
      THEN 2305843009213693952
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(pig_count >= 1, FALSE)
      THEN 4611686018427387904
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_pig_farmer THEN -9223372036854775808 ELSE 0 END AS BIGINT),
    CAST(CASE WHEN tag_keeps_cattle THEN 1 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_poultry_farmer THEN 2 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(machinery_count >= 1, FALSE)
      THEN 4
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_large_machine THEN 8 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_grower_without_machine THEN 16 ELSE 0 END AS BIGINT) + CAST(CASE WHEN kind = 'household' AND COALESCE(house_count = 0, FALSE) THEN 32 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_dear_vehicle THEN 131072 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_car_without_etc THEN 262144 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(deposits_elsewhere_fen > 0 OR financial_assets_fen > 0, FALSE)
      THEN 524288
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_honoured THEN 1048576 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_lives_on_planting THEN 33554432 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_income_to_rise THEN 17179869184 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_income_to_fall THEN 34359738368 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_good_surplus THEN 549755813888 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_heavy_tuition THEN 1099511627776 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_heavy_medical THEN 2199023255552 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_large_business THEN 281474976710656 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_seasonal THEN 4503599627370496 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_large_taxpayer THEN 288230376151711744 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_large_power THEN 576460752303423488 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_left_behind_children THEN 128 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_partners_unknown THEN 16384 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(buyer_count >= 1, FALSE)
      THEN 32768
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_suppliers_known THEN 65536 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_both_sides_known THEN 131072 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_depends_on_one THEN 262144 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_empty_nest THEN 2147483648 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_grown_students THEN 274877906944 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_good_file_no_consent THEN 4611686018427387904 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_trade_retail THEN 128 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(trade IN ('f51'), FALSE)
      THEN 256
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_trade_catering THEN 512 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(trade IN ('a01', 'a02', 'a03', 'a04', 'a05'), FALSE)
      THEN 1024
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(trade IN ('a03'), FALSE)
      THEN 2048
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_trade_making THEN 4096 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_trade_services THEN 8192 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(licence_from_on IS NULL, FALSE)
      THEN 16384
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_licence_ending THEN 32768 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_licence_expired THEN 65536 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_young_business THEN 131072 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN tag_business_no_credit_consent THEN 4194304 ELSE 0 END AS BIGINT) + CAST(CASE WHEN tag_saver_of_the_village THEN 8388608 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(merchant_year_fen >= (
        place_takings_fen * 150
      ) // 100, FALSE)
      THEN 16777216
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN tag_takings_behind THEN 33554432 ELSE 0 END AS BIGINT)
  ] AS tag_words,
  [
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
      WHEN kind = 'business' AND COALESCE(tag_licence_ending, FALSE)
      THEN 8
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(tag_depends_on_one, FALSE)
      THEN 16
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(due_days BETWEEN 31 AND 90 AND overdue_days = 0, FALSE)
      THEN 32
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(term_turning_fen >= 1000000, FALSE) THEN 64 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(inflow_month_fen >= 2000000 AND inflow_month_fen * 4 >= inflow_year_fen, FALSE)
      THEN 128
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(tag_idle_demand, FALSE) THEN 256 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(year_average_fen >= 2000000 AND deposits_fen * 100 <= year_average_fen * 85, FALSE)
      THEN 512
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(
        outflow_month_fen >= 2000000
        AND outflow_month_fen * 100 >= inflow_month_fen * 120,
        FALSE
      )
      THEN 1024
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_inflow_falling AND deposits_fen >= 1000000, FALSE)
      THEN 2048
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tag_wages_stopped, FALSE)
      THEN 4096
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_steady_wages AND credit_card_held_count = 0 AND overdue_days = 0, FALSE)
      THEN 8192
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_gone_quiet AND deposits_fen >= 500000, FALSE)
      THEN 16384
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_gone_quiet AND tag_small_deposit, FALSE)
      THEN 32768
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(
        migrant_income_fen >= 5000000 AND inflow_year_fen * 100 < migrant_income_fen * 30,
        FALSE
      )
      THEN 65536
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(tag_wants_deposit, FALSE) THEN 131072 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(tag_wants_qr, FALSE) THEN 262144 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(tag_wants_mobile, FALSE) THEN 524288 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tag_wants_social_card, FALSE)
      THEN 1048576
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(tag_wants_insurance, FALSE) THEN 2097152 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(tag_wants_etc, FALSE) THEN 4194304 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(tag_wants_wealth, FALSE) THEN 8388608 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(credit_card_need_count >= 1 AND credit_card_held_count = 0, FALSE)
      THEN 16777216
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_wants_within_limit AND overdue_days = 0, FALSE)
      THEN 33554432
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_loan_wanted AND limit_fen = 0 AND overdue_days = 0, FALSE)
      THEN 67108864
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_loan_planned AND tag_plan_soon, FALSE)
      THEN 134217728
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(tag_plan_gone_by, FALSE) THEN 268435456 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(tag_savings_planned, FALSE) THEN 536870912 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_insurance_planned AND insurance_held_count = 0, FALSE)
      THEN 1073741824
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(card_plan_count >= 1 AND credit_card_held_count = 0, FALSE)
      THEN 2147483648
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(qr_plan_count >= 1 AND merchant_qr_count = 0, FALSE)
      THEN 4294967296
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_loan_presented_unused AND suits_loan, FALSE)
      THEN 8589934592
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(wealth_shown_count >= 1 AND investment_count = 0, FALSE)
      THEN 17179869184
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_young_without_mobile AND account_count >= 1, FALSE)
      THEN 34359738368
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_comes_to_branch AND tag_no_mobile_banking, FALSE)
      THEN 68719476736
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_away_workers AND tag_no_mobile_banking, FALSE)
      THEN 137438953472
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_mobile_presented_unused AND account_count >= 1, FALSE)
      THEN 274877906944
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_car_without_etc AND account_count >= 1, FALSE)
      THEN 549755813888
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(work_vehicle_count >= 1 AND etc_held_count = 0 AND account_count >= 1, FALSE)
      THEN 1099511627776
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_elder_without_social_card AND account_count >= 1, FALSE)
      THEN 2199023255552
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_few_products AND active_month_count >= 6, FALSE)
      THEN 4398046511104
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_new_account AND product_count < 2, FALSE)
      THEN 8796093022208
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(turning_sixty_count >= 1, FALSE)
      THEN 17592186044416
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(infant_count >= 1, FALSE)
      THEN 35184372088832
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(starting_school_count >= 1, FALSE)
      THEN 70368744177664
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(turning_eighteen_count >= 1, FALSE)
      THEN 140737488355328
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tag_empty_nest, FALSE)
      THEN 281474976710656
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tag_left_behind_children, FALSE)
      THEN 562949953421312
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tag_grown_students AND tag_heavy_tuition, FALSE)
      THEN 1125899906842624
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(marrying_age_count >= 1 AND suits_consumer_loan, FALSE)
      THEN 2251799813685248
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_heavy_medical AND insurance_held_count = 0 AND suits_insurance, FALSE)
      THEN 4503599627370496
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_grower_without_machine AND suits_farm_loan, FALSE)
      THEN 9007199254740992
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_rents_land_in AND loan_count = 0 AND overdue_days = 0, FALSE)
      THEN 18014398509481984
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tag_grows_tea AND merchant_qr_count = 0, FALSE)
      THEN 36028797018963968
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE((
        tag_grows_vegetables OR tag_grows_flowers
      ) AND merchant_qr_count = 0, FALSE)
      THEN 72057594037927936
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(greenhouse_m2 > 0 AND insurance_held_count = 0, FALSE)
      THEN 144115188075855872
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(fruit_m2 > 0 AND tag_granted_unused, FALSE)
      THEN 288230376151711744
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tag_pig_farmer AND overdue_days = 0, FALSE)
      THEN 576460752303423488
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_keeps_cattle AND insurance_held_count = 0, FALSE)
      THEN 1152921504606846976
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tag_poultry_farmer AND suits_farm_loan, FALSE)
      THEN 2305843009213693952
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_large_machine AND merchant_qr_count = 0, FALSE)
      THEN 4611686018427387904
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_grows_grain AND tag_ten_mu AND insurance_held_count = 0, FALSE)
      THEN -9223372036854775808
      ELSE 0
    END AS BIGINT),
    CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_income_to_rise AND farm_income_fen > 0, FALSE)
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_income_to_fall AND loans_fen > 0 AND overdue_days = 0, FALSE)
      THEN 2
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_lives_on_planting AND tag_granted_unused, FALSE)
      THEN 4
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN kind = 'household' AND COALESCE(tag_trader_no_qr, FALSE) THEN 8 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(tag_qr_asleep, FALSE) THEN 16 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(tag_takings_rising, FALSE) THEN 32 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(tag_takings_falling, FALSE) THEN 64 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_takings_thirty_thousand AND loan_count = 0, FALSE)
      THEN 128
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(tag_seasonal AND overdue_days = 0, FALSE)
      THEN 256
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(suits_wages AND wages_held_count = 0, FALSE)
      THEN 512
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(tag_large_taxpayer AND overdue_days = 0, FALSE)
      THEN 1024
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(tag_large_power, FALSE)
      THEN 2048
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(rent_year_fen >= 1000000, FALSE)
      THEN 4096
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(shop_house_count >= 1, FALSE) THEN 8192 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(tag_young_business AND suits_business_account, FALSE)
      THEN 16384
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(turnover_year_fen > 120000000 AND suits_business_account, FALSE)
      THEN 32768
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(tag_flow_lacks_turnover AND account_count >= 1, FALSE)
      THEN 65536
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(tag_large_business AND product_count < 3, FALSE)
      THEN 131072
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(deposits_fen BETWEEN 15000000 AND 19999999, FALSE)
      THEN 262144
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(deposits_fen >= 20000000 AND term_deposits_fen < 20000000, FALSE)
      THEN 524288
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(deposits_fen > 50000000, FALSE) THEN 1048576 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_depositor_without_wealth AND suits_wealth, FALSE)
      THEN 2097152
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tag_money_with_others, FALSE)
      THEN 4194304
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(wealth_elsewhere_fen > 0 AND wealth_held_count = 0, FALSE)
      THEN 8388608
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tag_earns_well_saves_little, FALSE)
      THEN 16777216
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_good_surplus AND term_deposits_fen = 0, FALSE)
      THEN 33554432
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(tag_well_off_few_products, FALSE) THEN 67108864 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_dear_vehicle AND insurance_held_count = 0, FALSE)
      THEN 134217728
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_three_year_customer AND tag_never_borrowed AND suits_loan, FALSE)
      THEN 268435456
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tier = 'core' AND current_value_points >= 55, FALSE)
      THEN 536870912
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tier IN ('high_end', 'core') AND stage = 'declining', FALSE)
      THEN 1073741824
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_well_off AND stage IN ('dormant', 'lost'), FALSE)
      THEN 2147483648
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(tag_borrows_only, FALSE) THEN 4294967296 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(tag_licence_expired, FALSE)
      THEN 8589934592
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_village_speaks_well AND suits_loan AND loans_fen = 0, FALSE)
      THEN 17179869184
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_village_suggests_more AND overdue_days = 0 AND limit_fen > 0, FALSE)
      THEN 34359738368
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(evaluated_days BETWEEN 0 AND 90 AND loan_count = 0 AND suits_loan, FALSE)
      THEN 68719476736
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(
        tag_ready_for_evaluation
        AND credit_consent_count >= 1
        AND farm_income_fen + trade_income_fen > 0,
        FALSE
      )
      THEN 137438953472
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tag_good_file_no_consent, FALSE)
      THEN 274877906944
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(tag_business_no_credit_consent AND turnover_year_fen > 0, FALSE)
      THEN 549755813888
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(completeness_raise_fen >= 1000000 AND limit_fen > 0, FALSE)
      THEN 1099511627776
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(fresh_income_raise_fen >= 1000000, FALSE)
      THEN 2199023255552
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_grade_near AND overdue_days = 0, FALSE)
      THEN 4398046511104
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(debt_due_days BETWEEN 0 AND 60 AND suits_loan, FALSE)
      THEN 8796093022208
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tag_owes_privately AND suits_loan, FALSE)
      THEN 17592186044416
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_wants_more_than_limit AND suits_mortgage_loan, FALSE)
      THEN 35184372088832
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(suits_relief_loan AND farm_income_fen > 0 AND loans_fen = 0, FALSE)
      THEN 70368744177664
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(loans_fen > 0 AND overdue_days = 0 AND loan_rate_bp >= rate_bp + 50, FALSE)
      THEN 140737488355328
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN COALESCE(tag_repaid_contract, FALSE) THEN 281474976710656 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(tag_fully_drawn AND tag_limit_beyond_loan AND overdue_days = 0, FALSE)
      THEN 562949953421312
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(guarantee_left_days BETWEEN 0 AND 90, FALSE)
      THEN 1125899906842624
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_honoured AND loans_fen = 0 AND overdue_days = 0, FALSE)
      THEN 2251799813685248
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(partner_not_ours_count >= 1 AND partner_ours_count = 0, FALSE)
      THEN 4503599627370496
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(partner_ours_count >= 1, FALSE)
      THEN 9007199254740992
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(sales_known_fen >= 10000000 AND overdue_days = 0, FALSE)
      THEN 18014398509481984
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(purchases_known_fen >= 10000000 AND overdue_days = 0, FALSE)
      THEN 36028797018963968
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(tag_both_sides_known AND suits_business_account, FALSE)
      THEN 72057594037927936
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(tag_partners_unknown AND turnover_year_fen >= 30000000, FALSE)
      THEN 144115188075855872
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(tag_trade_making AND tag_suppliers_known, FALSE)
      THEN 288230376151711744
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_saver_of_the_village AND term_deposits_fen = 0, FALSE)
      THEN 576460752303423488
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(tag_takings_behind, FALSE)
      THEN 1152921504606846976
      ELSE 0
    END AS BIGINT)
  ] AS event_words,
  [
    CAST(CASE WHEN suits_loan THEN 1 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN suits_insurance THEN 32 ELSE 0 END AS BIGINT) + CAST(CASE WHEN COALESCE(car_count + work_vehicle_count > 0, FALSE) THEN 64 ELSE 0 END AS BIGINT) + CAST(CASE WHEN suits_wealth THEN 128 ELSE 0 END AS BIGINT) + CAST(CASE
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
    END AS BIGINT) + CAST(CASE WHEN suits_wages THEN 512 ELSE 0 END AS BIGINT) + CAST(CASE WHEN suits_farm_loan THEN 1024 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(
        limit_fen > 0
        AND overdue_days = 0
        AND (
          kind = 'business' OR trade_income_fen > 0
        ),
        FALSE
      )
      THEN 2048
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN suits_mortgage_loan THEN 4096 ELSE 0 END AS BIGINT) + CAST(CASE WHEN suits_consumer_loan THEN 8192 ELSE 0 END AS BIGINT) + CAST(CASE WHEN suits_relief_loan THEN 16384 ELSE 0 END AS BIGINT) + CAST(CASE WHEN suits_chain_loan THEN 32768 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(demand_deposits_fen >= 1000000 OR surplus_fen >= 1000000, FALSE)
      THEN 65536
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN suits_large_deposit THEN 131072 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN COALESCE(
        kind = 'household'
        AND demand_deposits_fen >= 5000000
        OR kind = 'business'
        AND demand_deposits_fen >= 50000000,
        FALSE
      )
      THEN 262144
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN suits_business_account THEN 524288 ELSE 0 END AS BIGINT)
  ] AS product_words,
  [
    CAST(CASE
      WHEN COALESCE(suits_merchant_qr AND merchant_qr_count = 0, FALSE)
      THEN 1
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(away_worker_count > 0, FALSE)
      THEN 2
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(suits_farm_loan AND suits_merchant_qr, FALSE)
      THEN 4
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(wages_income_fen > 0 OR wages_year_fen > 0, FALSE)
      THEN 8
      ELSE 0
    END AS BIGINT) + CAST(CASE WHEN kind = 'household' AND COALESCE(elder_count > 0, FALSE) THEN 16 ELSE 0 END AS BIGINT) + CAST(CASE WHEN kind = 'household' AND COALESCE(car_count > 0, FALSE) THEN 32 ELSE 0 END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(suits_business_account AND suits_wages, FALSE)
      THEN 64
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(suits_large_deposit AND suits_wealth, FALSE)
      THEN 128
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(suits_chain_loan AND suits_business_account, FALSE)
      THEN 256
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_village_speaks_well AND suits_loan AND loans_fen = 0, FALSE)
      THEN 512
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE(tag_ten_mu OR tag_pig_farmer OR tag_poultry_farmer, FALSE)
      THEN 1024
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business'
      AND COALESCE(tag_trade_retail OR tag_trade_catering OR tag_trade_services, FALSE)
      THEN 2048
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household'
      AND COALESCE((
        tag_owes_elsewhere OR tag_owes_privately
      ) AND suits_loan, FALSE)
      THEN 4096
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tag_deposit_pillar, FALSE)
      THEN 8192
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN COALESCE(suits_merchant_qr AND merchant_qr_count = 0, FALSE)
      THEN 16384
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'household' AND COALESCE(tag_elder_without_social_card, FALSE)
      THEN 32768
      ELSE 0
    END AS BIGINT) + CAST(CASE
      WHEN kind = 'business' AND COALESCE(suits_wages AND wages_held_count = 0, FALSE)
      THEN 65536
      ELSE 0
    END AS BIGINT)
  ] AS offer_words,
  LIST_CONCAT(
    LIST_SLICE(
      LIST_WHERE(
        [
          'sum.income_capacity',
          'sum.net_assets_cap',
          'sum.grade_cap',
          'sum.no_grade',
          'sum.debts_elsewhere',
          'sum.rounding',
          'sum.veto_overdue',
          'sum.veto_age',
          'sum.veto_age_unknown',
          'sum.veto_consent',
          'cap.net_assets',
          'cap.grade'
        ],
        [
          reason_sum_income_capacity_when,
          reason_sum_net_assets_cap_when,
          reason_sum_grade_cap_when,
          reason_sum_no_grade_when,
          reason_sum_debts_elsewhere_when,
          reason_sum_rounding_when,
          reason_sum_veto_overdue_when,
          reason_sum_veto_age_when,
          reason_sum_veto_age_unknown_when,
          reason_sum_veto_consent_when,
          reason_cap_net_assets_when,
          reason_cap_grade_when
        ]
      ),
      1,
      6
    ),
    LIST_SLICE(
      LIST_WHERE(
        [
          'raise.consent',
          'raise.birth_date',
          'raise.papers',
          'raise.contract',
          'raise.licence',
          'raise.spending',
          'raise.completeness',
          'raise.fresh_income',
          'raise.evaluation',
          'raise.deposits',
          'raise.debts',
          'raise.overdue'
        ],
        [
          reason_raise_consent_when,
          reason_raise_birth_date_when,
          reason_raise_papers_when,
          reason_raise_contract_when,
          reason_raise_licence_when,
          reason_raise_spending_when,
          reason_raise_completeness_when,
          reason_raise_fresh_income_when,
          reason_raise_evaluation_when,
          reason_raise_deposits_when,
          reason_raise_debts_when,
          reason_raise_overdue_when
        ]
      ),
      1,
      3
    )
  ) AS reason_codes,
  LIST_CONCAT(
    LIST_SLICE(
      LIST_WHERE(
        [
          COALESCE(reason_sum_income_capacity_fen, 0),
          COALESCE(reason_sum_net_assets_cap_fen, 0),
          COALESCE(reason_sum_grade_cap_fen, 0),
          COALESCE(reason_sum_no_grade_fen, 0),
          COALESCE(reason_sum_debts_elsewhere_fen, 0),
          COALESCE(reason_sum_rounding_fen, 0),
          COALESCE(reason_sum_veto_overdue_fen, 0),
          COALESCE(reason_sum_veto_age_fen, 0),
          COALESCE(reason_sum_veto_age_unknown_fen, 0),
          COALESCE(reason_sum_veto_consent_fen, 0),
          COALESCE(reason_cap_net_assets_fen, 0),
          COALESCE(reason_cap_grade_fen, 0)
        ],
        [
          reason_sum_income_capacity_when,
          reason_sum_net_assets_cap_when,
          reason_sum_grade_cap_when,
          reason_sum_no_grade_when,
          reason_sum_debts_elsewhere_when,
          reason_sum_rounding_when,
          reason_sum_veto_overdue_when,
          reason_sum_veto_age_when,
          reason_sum_veto_age_unknown_when,
          reason_sum_veto_consent_when,
          reason_cap_net_assets_when,
          reason_cap_grade_when
        ]
      ),
      1,
      6
    ),
    LIST_SLICE(
      LIST_WHERE(
        [
          COALESCE(reason_raise_consent_fen, 0),
          COALESCE(reason_raise_birth_date_fen, 0),
          COALESCE(reason_raise_papers_fen, 0),
          COALESCE(reason_raise_contract_fen, 0),
          COALESCE(reason_raise_licence_fen, 0),
          COALESCE(reason_raise_spending_fen, 0),
          COALESCE(reason_raise_completeness_fen, 0),
          COALESCE(reason_raise_fresh_income_fen, 0),
          COALESCE(reason_raise_evaluation_fen, 0),
          COALESCE(reason_raise_deposits_fen, 0),
          COALESCE(reason_raise_debts_fen, 0),
          COALESCE(reason_raise_overdue_fen, 0)
        ],
        [
          reason_raise_consent_when,
          reason_raise_birth_date_when,
          reason_raise_papers_when,
          reason_raise_contract_when,
          reason_raise_licence_when,
          reason_raise_spending_when,
          reason_raise_completeness_when,
          reason_raise_fresh_income_when,
          reason_raise_evaluation_when,
          reason_raise_deposits_when,
          reason_raise_debts_when,
          reason_raise_overdue_when
        ]
      ),
      1,
      3
    )
  ) AS reason_amounts_fen
FROM rules_17
