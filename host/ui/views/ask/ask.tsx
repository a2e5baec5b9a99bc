/** Shows the view for questions: the form, the answer and its receipt. */
import './ask.css'
import { useEffect } from 'preact/hooks'
import { View } from '../../parts/layout.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { key } from '../../state/session.ts'
import { words } from '../../words/words.ts'
import { ReceiptView } from '../receipts/receipt.tsx'
import { AnswerView } from './answer.tsx'
import { AskForm } from './form.tsx'
import { exchange, look, trouble } from './store.ts'

/** Shows the view. */
export default function Ask() {
  useEffect(() => {
    if (key.value !== null) void look()
  }, [key.value])
  return (
    <View title={words.ask.title}>
      {trouble.value && <TroubleView trouble={trouble.value} />}
      <AskForm />
      {exchange.value && <AnswerView exchange={exchange.value} />}
      {exchange.value && <ReceiptView exchange={exchange.value} />}
    </View>
  )
}
