import { Bank } from './bank'
import { Phone } from './phone'
import { dueHouseholds, type Household } from './records'

/** A bank of its own with one enrolled phone, the manager's, and the households that are due there. It opens by the PIN, or by a `phrase`. */
export async function managersPhone(phrase?: string): Promise<{ bank: Bank; phone: Phone; households: Household[] }> {
  const bank = await Bank.open()
  const phone = new Phone(bank, 'the phone')
  await phone.on()
  await phone.enrol(bank.login('manager'), undefined, phrase)
  return { bank, phone, households: await dueHouseholds(bank, bank.login('manager').login) }
}
