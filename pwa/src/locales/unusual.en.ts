/** Figures that may be and are seldom meant. */
export default {
  ask: '{figure}? That is rare; look again. If it is right, say so.',
  meant: 'It is {figure}',
  rather: 'Make it {figure}',
  old: 'Aged {n}',
  many: 'person {n} here',
}
