/** How complete the files of grids and of a branch are. */
export default {
  title: '资料完备度',
  mine: '我的网格',
  branch: '全支行',
  byGrid: '各网格，差的在前',
  average: '平均 {n} 分',
  reach: '{n} / {all} 户到 {mark} 分',
  lack: '{what}缺 {n} 户',
  at: '{when} 银行数的',
  anew: '再数一遍',
}
