import type zh from './leave.zh-CN'

const en: typeof zh = {
  of: '{name} leaves',
  why: 'Why they leave',
  diedOn: 'Which day they died',
  leftOn: 'Which day they left',
  todayElse: 'Today if left empty',
  wrongDay: 'Not after today, and not before they were born',
  into: 'To which household',
  choose: 'Choose',
  relation: 'With {name} they are',
  intoFirst: 'Choose the household first',
  relationFirst: 'Choose what they are there first',
  onlyHere: 'Only households on this phone. If they went elsewhere, choose moved out.',
  follows: 'Once it is saved',
  consents: 'All their consents end; nothing is offered to them',
  ward: '{name} has no guardian then: choose another in their details',
  head: '{name} is the head, and the household takes that name',
  along: 'Details and papers go along to {name}',
  kept: 'What is on record stays',
  back: 'If it was a mistake, take it back under Who left',
  backFrom: 'If it was a mistake, bring them back from there the same way',
  former: 'Who left',
  nobody: 'Nobody has left',
  restore: 'A mistake: back to this household',
  alive: 'A mistake: they are alive',
  restoreHow: 'Consents and guardianship come back too. The head does not change back: change it in the family\'s details.',
}

export default en
