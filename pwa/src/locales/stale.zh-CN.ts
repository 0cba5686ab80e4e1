/** 行里的文件太旧，重算等人放行。 */
export default {
  waits: '行里的文件太旧，客户的额度还是原来的。',
  source: '{source}只到{day}，最多晚 {days} 天',
  next: '导入新的{files}文件，下一次就接着算。',
  or: '或',
  none: '{version}，没有算，{customers} 户的结果没动',
  release: '照现有的旧资料算一遍并写入。先问清文件为什么没来：能补就先补。放行以后，停在这一天的文件不再拦。',
}
