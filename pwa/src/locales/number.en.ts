import type zh from './number.zh-CN'

const en: typeof zh = {
  wrong: 'Number mistyped?',
  check: 'Check the ID number',
  of: 'ID number of {name}',
  why: 'Type it from the card. It is replaced once two colleagues have each entered the same; if it is the one on record, that is confirmed.',
  on: 'Number on the card',
  first: 'All 18 characters first',
  contested: 'ID number of {name}: two entries differ',
  asked: 'Please enter it once more from the card. {who}, {when}: not the number on record.',
  askedSomebody: 'Please enter it once more from the card. On {when} somebody entered another one than that on record.',
  mine: 'What you entered on {when} is not the number on record. A colleague has to enter the same from the card.',
  again: 'Enter it again',
  entered: 'What you entered is on this phone; it is compared once the bank has it',
  known: 'ID number: two entries differ',
  open: 'ID number open',
  stays: 'The one on record stays until two colleagues enter the same.',
}
export default en
