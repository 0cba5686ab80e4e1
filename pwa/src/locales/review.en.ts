import type zh from './review.zh-CN'

const review: typeof zh = {
  title: 'Village evaluation',
  bank: "The bank's page for reviewers",
  opening: 'Opening',
  noCode: 'This page opens by a code',
  noCodeNext: 'Ask the host to show the QR code, and scan it',
  unusable: 'This code does not work any more',
  unusableNext: 'It may be too old, used, withdrawn, or the evaluation is over. Ask the host for a new one, and scan it.',
  keptFor: 'Your answer on {n} household is still sealed on this phone: scan the new code to go on. | Your answers on {n} households are still sealed on this phone: scan the new code to go on.',
  offline: 'It opens with a network only',
  offlineNext: 'Connect, then try again.',
  tooMany: 'Too many tries',
  tooManyNext: 'Wait a minute, then try again.',
  oldBrowser: 'This browser cannot do it',
  oldBrowserNext: "Use a newer one, or answer on the host's phone.",
  helloWhy: 'What you say is sealed before it leaves this phone: only the bank can open it, neither the host nor anybody in the village. "Don\'t know" is an answer too.',
  helloKept: 'Until it is handed in only the sealed forms are kept here, which this phone cannot open itself.',
  notKept: 'This browser keeps nothing. Leave this page open until you have handed in.',
  notSealed: 'This household was not sealed: tap Next once more.',
  sealWhy: 'Once the bank has it nobody sees it, and nobody can change it. It needs the network.',
  send: 'Hand in to the bank',
  again: 'Hand in again',
  noAnswer: 'The bank did not answer; there may be no network',
  noAnswerNext: 'All you answered is sealed on this phone, nothing is lost. Hand in again with a network: it counts once.',
  refused: 'The bank did not take it',
  done: 'The bank has {n} household | The bank has {n} households',
  doneNext: 'You can close this page; nothing is left on the phone.',
  language: '中文',
}

export default review
