package io.authpush.tests

import io.authpush.AuthenticatorException
import io.authpush.Delivery
import io.authpush.RequestState
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.util.concurrent.CountDownLatch

/** A cancelled coroutine neither loses a decision nor doubles it. */
internal class CancellationTest {
    @Test
    fun `an approval that is cancelled at any moment, and then denied, is one decision`() = runBlocking<Unit> {
        Sandbox("classic").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                phone.scan(sandbox.qr())
                val choices = mutableSetOf<RequestState>()
                for (patience in (0L..24L) + listOf(5_000L)) {
                    val (session, request) = phone.asked(sandbox)
                    launchAndCancel(patience) { phone.approve(request.id) }
                    val state =
                        try {
                            phone.deny(request.id)
                            RequestState.DENIED
                        } catch (contradiction: AuthenticatorException.Conflict) {
                            assertEquals("already_decided", contradiction.code())
                            RequestState.APPROVED
                        }
                    settled(phone, request.id)
                    val expected = if (state == RequestState.APPROVED) "SUCCESSFUL" else "DENIED"
                    assertEquals(listOf(expected), sandbox.accepted(session).map { it.get("res").asText() })
                    choices += state
                }
                assertEquals(setOf(RequestState.APPROVED, RequestState.DENIED), choices)
            }
        }
    }

    @Test
    fun `a decision whose caller left while the server was thinking is delivered`() = runBlocking<Unit> {
        Sandbox("classic").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                phone.scan(sandbox.qr())
                val (session, request) = phone.asked(sandbox)
                sandbox.post("/sandbox/faults", """{"on":"answer","kind":"delay","delay_ms":500}""")
                launchAndCancel(250) { phone.approve(request.id) }
                settled(phone, request.id)
                assertEquals(1, sandbox.accepted(session).size)
            }
        }
    }

    @Test
    fun `whoever leaves while the person is asked has decided nothing`() = runBlocking<Unit> {
        Sandbox("classic").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                phone.scan(sandbox.qr())
                val (session, request) = phone.asked(sandbox)
                val person = CountDownLatch(1)
                phone.ports.person.switch.does { person.await() }
                launchAndCancel(200) { phone.approve(request.id) }
                person.countDown()
                assertEquals(RequestState.PENDING, phone.authenticator.entry(request.id).request.state)
                phone.deny(request.id)
                assertEquals(listOf("DENIED"), sandbox.accepted(session).map { it.get("res").asText() })
            }
        }
    }

    @Test
    fun `a cancelled enrolment leaves one account or none, and the same code again makes it one`() = runBlocking<Unit> {
        for (patience in listOf(0L, 20L, 100L, 200L, 400L)) {
            Sandbox("classic").use { sandbox ->
                Phone.of(sandbox).use { phone ->
                    val qr = sandbox.qr()
                    launchAndCancel(patience) { phone.scan(qr) }
                    withTimeout(20_000) {
                        while (true) {
                            try {
                                phone.scan(qr)
                            } catch (known: AuthenticatorException.Conflict) {
                                if (known.reason.name == "ALREADY_REGISTERED") break
                            }
                            delay(20)
                        }
                    }
                    assertEquals(1, phone.authenticator.accounts().size)
                    assertEquals(1, sandbox.get("/sandbox/devices").size())
                }
            }
        }
    }

    private suspend fun launchAndCancel(patience: Long, call: suspend () -> Any?) {
        val job = CoroutineScope(Dispatchers.Default).launch { call() }
        withTimeoutOrNull(patience) { job.join() }
        job.cancelAndJoin()
    }

    private suspend fun settled(phone: Phone, id: String) = withTimeout(10_000) {
        while (phone.authenticator.entry(id).answer?.delivery != Delivery.DELIVERED) delay(5)
    }
}
