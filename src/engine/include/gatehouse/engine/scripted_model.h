// engine/scripted_model.h — a language model for tests that cheats: tokens are bytes, and the prompt says what comes out.
// Rules    "say:TEXT" answers TEXT and ends; "loop:TEXT" answers TEXT for ever; "seed:" answers the
//          seed, in digits; anything else is answered with "?" and ends.
//          A chat is its last message. The likeliest token is the one that is said (-0.5), then come the bytes behind it (-1, -1.5 …).
//          It watches its caller: wrong positions, seats taken twice or freed twice break an invariant.
// Threads  as engine/sequence_model.h
#pragma once
#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "gatehouse/engine/sequence_model.h"

namespace gatehouse::engine {

struct ScriptedOptions {
  std::uint32_t seats = 4;
  std::uint32_t seat_cells = 4096;
  std::uint32_t threads = 1;
  wire::engine::CallForm calls = wire::engine::CallForm::none;  // as its template would have it; none: it takes no tools
  std::function<void()> before_pass;  // called at each prefill and decode: a test may wait there; what it throws is a failed pass
};

// What the model has been asked to do, for assertions.
struct ScriptedTrace {
  std::atomic<std::uint64_t> decode_passes{0}, prefill_passes{0}, moves{0}, saves{0}, forks{0}, restores{0}, prompt_tokens{0},
      sparse_batches{0}, open_seats{0};
  std::atomic<std::uint32_t> threads{0};  // of the last pass; 0: all of them
};

LoadedModel scripted_model(ScriptedOptions options, ScriptedTrace* trace = nullptr);

}  // namespace gatehouse::engine
