import type zh from './ui.zh-CN'

const ui: typeof zh = {
  tabs: 'Main pages',
  waiting: '{n} waiting',
  close: 'Close',
  back: 'Back',
  done: 'Done',
  overdue: 'Overdue',
  todo: 'To do',
  less: '{what}: 10,000 yuan less',
  more: '{what}: 10,000 yuan more',
  typeAmount: '{what}: type it',
  amountUnit: 'yuan',
  notSaid: 'Not said',
  loading: 'Opening',
  pinDots: '{n} of {of} digits entered',
  fingerprint: 'Unlock by fingerprint',
  backspace: 'Delete one digit',
  offline: 'Offline',
  retry: 'Try again',
  search: 'Search',
  needsNetwork: 'Needs the network',
  cancel: 'Cancel',
  save: 'Save',
  undo: 'Undo',
  all: 'All',
  more2: 'More',
  choose: 'Choose',
  clear: 'Clear',
}

export default ui
