/** How complete the files of grids and of a branch are. */
export default {
  title: 'How complete the files are',
  mine: 'My grids',
  branch: 'The branch',
  byGrid: 'By grid, the least complete first',
  average: '{n} points on average',
  reach: '{n} / {all} reach {mark} points',
  lack: '{what} open in {n}',
  at: 'Counted at the bank, {when}',
  cut: 'Needs the network',
  anew: 'Count anew',
}
