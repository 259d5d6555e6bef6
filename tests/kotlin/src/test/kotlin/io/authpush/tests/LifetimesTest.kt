package io.authpush.tests

import io.authpush.Delivery
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import java.lang.ref.WeakReference

/** Objects of the library end when they are closed, and take with them what they held. */
internal class LifetimesTest {
    @Test
    fun `what was closed says so, and nothing crashes`() = runBlocking<Unit> {
        Sandbox("classic").use { sandbox ->
            val phone = Phone.of(sandbox)
            phone.scan(sandbox.qr())
            val (_, request) = phone.asked(sandbox)
            val review = phone.authenticator.processConsentData(request.id)
            val denial = review.deny()
            review.close()
            review.close()
            assertThrows(IllegalStateException::class.java) { review.request() }
            // A decision needs its review no more.
            assertEquals(Delivery.DELIVERED, phone.authenticator.sendAuthRequest(denial).delivery)
            denial.close()
            val gone = runCatching { phone.authenticator.sendAuthRequest(denial) }
            assertThrows(IllegalStateException::class.java) { gone.getOrThrow() }
            phone.close()
            val closed = runCatching { phone.authenticator.accounts() }
            assertThrows(IllegalStateException::class.java) { closed.getOrThrow() }
        }
    }

    @Test
    fun `closing during a call lets the call come to its end`() = runBlocking<Unit> {
        Sandbox("classic").use { sandbox ->
            val phone = Phone.of(sandbox)
            phone.scan(sandbox.qr())
            val (session, request) = phone.asked(sandbox)
            sandbox.post("/sandbox/faults", """{"on":"answer","kind":"delay","delay_ms":500}""")
            val answer = async(Dispatchers.Default) { phone.approve(request.id) }
            delay(200)
            phone.close()
            assertEquals(Delivery.DELIVERED, answer.await().delivery)
            assertEquals(1, sandbox.accepted(session).size)
        }
    }

    @Test
    fun `thousands of reviews come and go, closed or forgotten`() = runBlocking<Unit> {
        Sandbox("classic").use { sandbox ->
            Phone.of(sandbox).use { phone ->
                phone.scan(sandbox.qr())
                val (_, request) = phone.asked(sandbox)
                repeat(2_000) { round ->
                    val review = phone.authenticator.processConsentData(request.id)
                    val decision = review.deny()
                    if (round % 2 == 0) {
                        decision.close()
                        review.close()
                    }
                }
                System.gc()
                assertEquals(Delivery.DELIVERED, phone.approve(request.id).delivery)
            }
        }
    }

    @Test
    fun `an authenticator that is closed lets its ports go`() = runBlocking<Unit> {
        Sandbox("classic").use { sandbox ->
            val ports = openAndClose(sandbox)
            withTimeout(20_000) {
                while (ports.any { it.get() != null }) {
                    System.gc()
                    delay(20)
                }
            }
        }
    }

    /** In a function of its own, so that nothing here keeps what it made. */
    private suspend fun openAndClose(sandbox: Sandbox): List<WeakReference<out Any>> {
        val phone = Phone.of(sandbox)
        phone.scan(sandbox.qr())
        val held = with(phone.ports) { listOf(person, keys, vault, clock, log).map { WeakReference(it) } }
        phone.close()
        return held
    }
}
