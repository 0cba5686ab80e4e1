import type zh from './look.zh-CN'

const en: typeof zh = {
  asOf: 'From the bank, as of {when}',
  stays: 'To read only. Not kept on this phone, gone when you leave. Each look is recorded.',
  joined: 'The one you asked for has become part of this one.',
  again: 'Fetch again',
  see: 'See',
  notSaid: 'Not said',
  noPhotos: 'No photos yet',
  nothing: 'Nothing is noted',
  ofTheBank: 'A customer of the bank',
  gone: 'Not in your branch',
  unknown: 'The bank has no such customer',
  goneNext: 'Perhaps moved or merged; the lists follow in a while',
  why: 'Why do you look?',
  whyHint: 'This file lies at the bank. Say what for; it is kept on record with your name.',
  purpose: 'Purpose',
  purposeFirst: 'Say what for first',
  open: 'Open this file',
}
export default en
