/** An ID number that is put right by two people. */
export default {
  wrong: '号码录错了？',
  check: '核对证号',
  of: '{name}的身份证号',
  why: '看着证件录。两位同事各自录了同一个号码才换；和银行已有的一样，就是核对无误。',
  on: '证件上的号码',
  first: '先录全 18 位',
  contested: '{name}的身份证号：两次录入不一致',
  asked: '请看着证件再录一遍。{who}，{when}录的和原来的不一样。',
  askedSomebody: '请看着证件再录一遍。{when}有人录的和原来的不一样。',
  mine: '你{when}录的和原来的不一样。等另一位同事看着证件录同样的号码。',
  again: '再录一遍',
  entered: '你录的号码还在手机上，送到银行才能比对',
  known: '身份证号：两次录入不一致',
  open: '证号待核对',
  stays: '原来的先留着，两位同事录得一样才换。',
}
