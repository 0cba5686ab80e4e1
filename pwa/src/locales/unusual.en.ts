/** Figures that may be and are seldom meant. */
export default {
  ask: '{figure}? That is rare; look at the unit. If it is right, say so.',
  meant: 'It is {figure}',
  rather: 'Make it {figure}',
  old: '{n} years old',
  many: 'person {n} here',
}
