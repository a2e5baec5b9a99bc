/** Puts the views of the page together. */
import { exchange, key, machine, trouble } from '../store.ts'
import { AnswerView } from './answer-view.tsx'
import { AskForm } from './ask-form.tsx'
import { ReceiptView } from './receipt-view.tsx'
import { SignIn } from './sign-in.tsx'
import { TroubleView } from './trouble-view.tsx'
import { WaitingView } from './waiting-view.tsx'

/** Shows the page: the sign-in form, or the form for a question with its answer and receipt. */
export function App() {
  return (
    <>
      <Head />
      <main>
        {trouble.value && <TroubleView trouble={trouble.value} />}
        {key.value !== null && <WaitingView />}
        {key.value === null ? <SignIn /> : <AskForm />}
        {key.value !== null && exchange.value && <AnswerView exchange={exchange.value} />}
        {key.value !== null && exchange.value && <ReceiptView exchange={exchange.value} />}
      </main>
    </>
  )
}

function Head() {
  const here = machine.value
  return (
    <header>
      <h1>
        <Logo />
        Ripple
      </h1>
      {here && key.value !== null && (
        <p>
          <strong>{here.name}</strong> on the network <strong>{here.network.name}</strong>
        </p>
      )}
    </header>
  )
}

function Logo() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="3" class="dot" />
      <circle cx="16" cy="16" r="8" />
      <circle cx="16" cy="16" r="13.5" class="far" />
    </svg>
  )
}
