/* SPDX-License-Identifier: Apache-2.0
 * The doorbell of core/shm/doorbell.h, for Spin: no message is left lying while all sleep.
 *
 * Beside tests/core/shm/doorbell_model_test.cc, which knows deaths of senders too: the same protocol, written a second
 * time in another language and tried by another program. spin -DNO_CLEAR and -DNO_SECOND_LOOK break it on purpose.
 */
#define SENDERS 3
#define MESSAGES_EACH 2

byte messages = 0;  /* Published and not yet taken. */
byte awake = 0;
bit rung = 0;
byte sequence = 0;
bool sleeping = false;

proctype Sender() {
  byte left = MESSAGES_EACH;
  bit was_rung;
  do
  :: left > 0 ->
    left--;
    messages++;
    if
    :: awake != 0
    :: awake == 0 ->
      if
      :: rung != 0
      :: rung == 0 ->
        atomic { was_rung = rung; rung = 1 };
        if
        :: was_rung
        :: !was_rung -> sequence++; sleeping = false
        fi
      fi
    fi
  :: left == 0 -> break
  od
}

proctype Receiver() {
  byte seen;
  do
  :: true ->
    awake++;
look:
    if
    :: atomic { messages > 0 -> messages = 0 }; goto look
    :: atomic { messages > 0 -> messages = 0 }; awake--  /* Busy: it has what it waited for, and comes again. */
    :: messages == 0 ->
      seen = sequence;
#ifndef NO_CLEAR
      rung = 0;
#endif
      awake--;
#ifndef NO_SECOND_LOOK
      if
      :: messages > 0
      :: messages == 0 ->
#endif
        atomic {
          if
          :: sequence != seen
          :: sequence == seen -> sleeping = true
          fi
        };
end_asleep:
        !sleeping
#ifndef NO_SECOND_LOOK
      fi
#endif
    fi
  od
}

/* When nobody can go on, nothing may lie there. */
proctype Watch() {
end_watch:
  timeout -> assert(messages == 0)
}

init {
  byte i = 0;
  atomic {
    run Receiver();
    run Watch();
    do
    :: i < SENDERS -> run Sender(); i++
    :: i == SENDERS -> break
    od
  }
}
