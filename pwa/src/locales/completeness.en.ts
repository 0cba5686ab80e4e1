/** How complete the files of grids and of a branch are. */
export default {
  title: 'File completeness',
  mine: 'My grids',
  branch: 'The branch',
  byGrid: 'By grid, the least complete first',
  average: '{n} point on average | {n} points on average',
  reach: '{n} / {all} reach {mark} points',
  lack: '{what} open in {n}',
  at: 'Counted at the bank, {when}',
  anew: 'Count anew',
}
