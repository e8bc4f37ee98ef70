// engine/sequence.h — a job as the decode loop knows it, from prepare to done, and the sequence of each answer that it is to have.
// Threads  the engine loop's
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/engine/loop.h"
#include "score_queue.h"

namespace gatehouse::engine {

struct EngineLoop::Sequence {
  Sequence(Request& request_, std::uint32_t index_, std::vector<std::string> stops, std::shared_ptr<Constraint> constraint_)
      : request(request_), index(index_), constraint(std::move(constraint_)), text(std::move(stops)) {}

  enum class Stage : std::uint8_t { prepared, waiting, seated, aside, ended };  // aside: parked, without a seat
  Request& request;
  const std::uint32_t index;                     // among the choices of the job
  const std::shared_ptr<Constraint> constraint;  // null: none
  TextStream text;
  ScoreQueue scores;
  Stage stage = Stage::prepared;
  Phase phase = Phase::prefill;
  std::unique_ptr<SavedSequence> saved;  // where it has given its seat back
  Seat seat = 0;
  std::uint64_t order = 0;     // the job's is that of its first choice
  std::uint32_t computed = 0;  // tokens of the prompt in the cache
  std::uint32_t cells = 0;     // cells written
  std::uint32_t run = 0;       // of them, since it took its seat
  std::uint32_t produced = 0;
  std::vector<Token> said;  // where prefixes are kept
  bool follows = false;     // held until what its prompt has in common with another is computed there
  Token next = 0;           // sampled, not yet decoded
  Instant parked_since;
  std::ptrdiff_t event = -1;  // index in this step's batch

  bool ended() const { return stage == Stage::ended; }
  std::uint32_t prompt_left() const;
  std::uint32_t begins_with(std::span<const Token> tokens) const;
};

struct EngineLoop::Request {
  Request(JobKey key_, PreparedJob&& job);

  const JobKey key;
  const Wanting tenant;
  const std::vector<Token> prompt;
  const wire::engine::Sampling sampling;
  std::vector<std::unique_ptr<Sequence>> choices;
  std::uint32_t live;  // choices that have not ended
  bool started = false;
  std::uint32_t granted = 0, produced = 0;  // over all choices
  std::uint32_t cached = 0;                 // tokens of the prompt that needed no computing
  std::uint32_t per_choice = 0;             // what each may say at most
  std::uint32_t turns = 0;                  // tokens of the grant that the plan under way has not given to a choice
  bool asked = false, parked = false;
  std::optional<wire::engine::FinishReason> finish;  // what to end with when the grant is used up
  Instant deadline = Instant::max();                 // prepared: expiry; parked: end of patience
  Instant started_at, seated_at, first_token;

  std::uint32_t granted_left() const { return granted - produced; }
  // Waits for all its seats at once: nothing is computed of it.
  bool unseated() const { return choices.front()->computed == 0 && choices.front()->stage == Sequence::Stage::waiting; }
  bool several() const { return choices.size() > 1; }
  // Each draws for itself, and the same again for the same seed.
  wire::engine::Sampling sampling_of(const Sequence& s) const;
};

inline std::uint32_t EngineLoop::Sequence::prompt_left() const { return static_cast<std::uint32_t>(request.prompt.size()) - computed; }

}  // namespace gatehouse::engine
