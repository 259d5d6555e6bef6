package io.authpush.tests

import io.authpush.Authenticator
import io.authpush.Clock
import io.authpush.ClockException
import io.authpush.Configuration
import io.authpush.KeyStore
import io.authpush.KeyStoreException
import io.authpush.LogLine
import io.authpush.LogSink
import io.authpush.UserVerifier
import io.authpush.Vault
import io.authpush.VaultException
import io.authpush.Verification
import io.authpush.VerificationPrompt
import io.authpush.softwareKeyStore
import java.security.SecureRandom
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicInteger

/** What stands in the text of everything that is thrown and was not declared: it must come out nowhere. */
internal const val MARKER = "marker-of-a-port-that-threw"

/** The ports of one phone, each of which can be made to do something else. */
internal class Ports {
    val person = Person()
    val keys = Keys()
    val vault = MemoryVault()
    val clock = TurnedClock()
    val log = MemoryLog()

    suspend fun open(configuration: Configuration): Authenticator {
        keys.real = softwareKeyStore(configuration.directory, vault)
        return Authenticator.open(configuration, keys, vault, person, clock)
    }

    /** A port's behaviour: what it does before it does its work. */
    class Switch {
        @Volatile private var before: () -> Unit = {}

        fun works() {
            before = {}
        }

        fun does(what: () -> Unit) {
            before = what
        }

        fun throws(what: () -> Throwable) = does { throw what() }

        fun happens() = before()
    }

    class Person : UserVerifier {
        val switch = Switch()
        val asked = AtomicInteger()

        @Volatile var prompt: VerificationPrompt? = null

        override fun verify(prompt: VerificationPrompt): Verification {
            asked.incrementAndGet()
            this.prompt = prompt
            switch.happens()
            return Verification.VERIFIED
        }
    }

    class Keys : KeyStore {
        val switch = Switch()
        lateinit var real: KeyStore

        override fun makeKey(alias: String, bits: UInt): ByteArray = working().makeKey(alias, bits)

        override fun sign(alias: String, data: ByteArray): ByteArray = working().sign(alias, data)

        override fun deleteKey(alias: String) = working().deleteKey(alias)

        override fun kind(): String = real.kind()

        private fun working(): KeyStore {
            switch.happens()
            return real
        }
    }

    class MemoryVault : Vault {
        val switch = Switch()

        /** Gives another key than the one that was made. */
        @Volatile var isAnother = false
        private var key: ByteArray? = null

        @Synchronized
        override fun load(): ByteArray? {
            switch.happens()
            return if (isAnother) ByteArray(KEY_BYTES) { 0x5a } else key?.clone()
        }

        @Synchronized
        override fun create(): ByteArray {
            switch.happens()
            val made = key ?: ByteArray(KEY_BYTES).also { SecureRandom().nextBytes(it) }
            key = made
            return made.clone()
        }
    }

    class TurnedClock : Clock {
        val switch = Switch()

        @Volatile var ahead = 0L

        /** A time that it tells instead of its own. */
        @Volatile var tells: Long? = null

        override fun now(): Long {
            switch.happens()
            return tells ?: (System.currentTimeMillis() / 1000 + ahead)
        }
    }

    class MemoryLog : LogSink {
        val switch = Switch()
        val lines = CopyOnWriteArrayList<LogLine>()

        override fun write(line: LogLine) {
            switch.happens()
            lines.add(line)
        }
    }

    companion object {
        private const val KEY_BYTES = 32

        /** Everything that a port may declare, and things that it may not. */
        fun undeclared(): List<Throwable> = listOf(
            IllegalStateException(MARKER),
            java.io.IOException(MARKER),
            StackOverflowError(MARKER),
            AssertionError(MARKER),
            OutOfMemoryError(MARKER),
            kotlin.coroutines.cancellation.CancellationException(MARKER),
            // Another port's errors are not this one's.
            ClockException.Failed(),
            KeyStoreException.NeedsUser(),
            VaultException.Damaged(),
        )
    }
}
