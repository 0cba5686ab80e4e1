/** The same person in two households, the same household twice. */
export default {
  maybe: '可能已经建过档',
  headIs: '户主{name}',
  because_phone: '手机号一样',
  because_name: '同名',
  because_sound: '名字同音',
  because_letter: '名字差一个字',
  because_surname: '同姓',
  because_birth: '生日一样',
  because_birth_near: '生日相近',
  open: '打开看',
  openOf: '打开看：{name}',
  another: '不是同一人',
  anotherThan: '不是同一人：{name}',
  saidAnother: '和{name}不是同一人，以后不再问',
}
