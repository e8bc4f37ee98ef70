// engine/sequence.h — a job as the decode loop knows it, from prepare to done.
// Threads  the engine loop's
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gatehouse/engine/loop.h"
#include "score_queue.h"

namespace gatehouse::engine {

struct EngineLoop::Sequence {
  Sequence(JobKey key_, PreparedJob&& job)
      : key(key_),
        tenant{job.tenant, job.weight},
        prompt(std::move(job.prompt)),
        sampling(std::move(job.sampling)),
        constraint(std::move(job.constraint)),
        text(std::move(job.stops)) {}

  enum class Stage : std::uint8_t { prepared, waiting, seated, aside, ended };  // aside: parked, without a seat
  const JobKey key;
  const Wanting tenant;
  std::vector<Token> prompt;
  wire::engine::Sampling sampling;
  std::shared_ptr<Constraint> constraint;  // null: none
  TextStream text;
  ScoreQueue scores;
  Stage stage = Stage::prepared;
  Phase phase = Phase::prefill;
  std::unique_ptr<SavedSequence> saved;  // where it has given its seat back
  Seat seat = 0;
  std::uint64_t order = 0;
  std::uint32_t computed = 0;  // tokens of the prompt in the cache
  std::uint32_t cells = 0;     // cells written
  std::uint32_t run = 0;       // of them, since it took its seat
  std::uint32_t granted = 0, produced = 0;
  Token next = 0;  // sampled, not yet decoded
  bool asked = false;
  std::optional<wire::engine::FinishReason> finish;  // what to end with when the grant is used up
  Instant deadline = Instant::max();                 // prepared: expiry; parked: end of patience
  Instant parked_since;
  Instant started, seated_at, first_token;
  std::ptrdiff_t event = -1;  // index in this step's batch

  std::uint32_t prompt_left() const { return static_cast<std::uint32_t>(prompt.size()) - computed; }
  std::uint32_t granted_left() const { return granted - produced; }
};

}  // namespace gatehouse::engine
