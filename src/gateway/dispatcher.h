// gateway/dispatcher.h — the last stage: lets the engine compute what was admitted, and carries it to the client as it comes.
// Threads  the reactor of the connection
#pragma once
#include <optional>
#include <string_view>

#include "answer.h"
#include "pipeline.h"

namespace gatehouse::gateway {

struct Outcome {
  Usage usage;
  std::optional<nanoseconds> generated_for;  // from admission to the end; nothing where it was not admitted
  std::string_view finish;                   // stop, length, cancelled, error
  std::optional<Error> error;                // what went wrong, when something did
  bool answered = false;                     // the client has been told everything; else the error is still to be mapped to a reply
};

// A whole answer that is held for whoever asks for it again is made to its end: who asked could not wait, or lost the connection.
WhenGone when_gone(const Egress& egress, const Generation& generation);

// Runs until the answer is complete, the client gone where the call ends with it, or the engine lost. With an engine that is lost before it
// produced anything the outcome is the error engine_lost, and the request may be tried once more.
Task<Outcome> dispatch(Egress& egress, Admitted& admitted, Answer& answer, const Ending& ending);

}  // namespace gatehouse::gateway
