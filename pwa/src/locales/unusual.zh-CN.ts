/** Figures that may be and are seldom meant. */
export default {
  ask: '{figure}？少见，再看一眼。没错就点一下。',
  meant: '就是 {figure}',
  rather: '改成 {figure}',
  old: '{n} 岁',
  many: '第 {n} 口人',
}
