import type { RouteRecordRaw } from 'vue-router'
import Today from '../features/today/Today.vue'
import Unlock from '../features/auth/Unlock.vue'
import NotFound from './NotFound.vue'

/** Today and Unlock are in the first bundle; the rest is precached and loaded when opened. */
export const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/today' },
  { path: '/login', component: () => import('../features/auth/Login.vue'), meta: { phases: ['signed_out'] } },
  { path: '/enrol', component: () => import('../features/auth/Enrol.vue'), meta: { phases: ['not_enrolled'] } },
  { path: '/pin', component: () => import('../features/auth/SetPin.vue'), meta: { phases: ['no_pin'] } },
  { path: '/unlock', component: Unlock, meta: { phases: ['locked'] } },
  { path: '/forgot', component: () => import('../features/auth/Forgot.vue'), meta: { phases: ['locked'] } },
  { path: '/today', component: Today, meta: { field: true } },
  { path: '/customers', component: () => import('../features/customers/CustomerList.vue'), meta: { field: true } },
  { path: '/customers/new', component: () => import('../features/customers/NewCustomer.vue'), meta: { field: true } },
  { path: '/customers/:id', component: () => import('../features/customers/Customer.vue'), props: true, meta: { field: true } },
  { path: '/customers/:id/:section(income|spending|home)', component: () => import('../features/customers/EditSection.vue'), props: true, meta: { field: true } },
  { path: '/customers/:id/record/:kind/:record?', component: () => import('../features/customers/EditRecord.vue'), props: true, meta: { field: true } },
  { path: '/customers/:id/member/:member?', component: () => import('../features/customers/EditMember.vue'), props: true, meta: { field: true } },
  { path: '/customers/:id/member/:member/consents', component: () => import('../features/customers/Consents.vue'), props: true, meta: { field: true } },
  { path: '/customers/:id/grid', component: () => import('../features/customers/MoveGrid.vue'), props: true, meta: { field: true } },
  { path: '/customers/:id/split', component: () => import('../features/customers/Split.vue'), props: true, meta: { field: true } },
  // Drafts and links of an app from before records.
  { path: '/customers/:id/vehicle/:record?', redirect: ({ params }) => `/customers/${String(params['id'])}/record/vehicle${params['record'] ? `/${String(params['record'])}` : ''}` },
  { path: '/visits/new', component: () => import('../features/visits/LogVisit.vue'), meta: { field: true } },
  { path: '/visits/meeting', component: () => import('../features/visits/Meeting.vue'), meta: { field: true } },
  { path: '/customers/:id/visits/:visit/add', component: () => import('../features/visits/Supplement.vue'), props: true, meta: { field: true } },
  { path: '/visits/unplaced', component: () => import('../features/visits/Unplaced.vue'), meta: { field: true } },
  { path: '/inbox', component: () => import('../features/inbox/Inbox.vue') },
  { path: '/approvals', component: () => import('../features/approvals/Approvals.vue'), meta: { heads: true } },
  { path: '/approvals/look', component: () => import('../features/approvals/Look.vue'), meta: { heads: true } },
  { path: '/team', component: () => import('../features/team/Team.vue'), meta: { heads: true } },
  { path: '/decisions', component: () => import('../features/customers/Decisions.vue'), meta: { heads: true } },
  { path: '/duplicates', component: () => import('../features/customers/Duplicates.vue'), meta: { field: true } },
  { path: '/duplicates/:one/:other', component: () => import('../features/customers/SideBySide.vue'), props: true, meta: { field: true } },
  { path: '/evaluations', component: () => import('../features/evaluation/Evaluations.vue'), meta: { field: true } },
  { path: '/evaluations/new', component: () => import('../features/evaluation/NewEvaluation.vue'), meta: { field: true } },
  { path: '/evaluations/:id', component: () => import('../features/evaluation/Evaluation.vue'), props: true, meta: { field: true } },
  { path: '/evaluations/:id/kiosk', component: () => import('../features/evaluation/Kiosk.vue'), props: true, meta: { field: true, kiosk: true } },
  { path: '/phones', component: () => import('../features/watch/Phones.vue'), meta: { watch: true } },
  { path: '/quarantine', component: () => import('../features/watch/Quarantine.vue'), meta: { watch: true } },
  { path: '/sync', component: () => import('../features/sync/Sync.vue') },
  { path: '/me', component: () => import('../features/me/Me.vue') },
  { path: '/me/unlock', component: () => import('../features/me/Biometrics.vue') },
  { path: '/me/pin', component: () => import('../features/me/ChangePin.vue') },
  { path: '/:rest(.*)*', component: NotFound, meta: { phases: ['signed_out', 'not_enrolled', 'no_pin', 'locked', 'ready'] } },
]
