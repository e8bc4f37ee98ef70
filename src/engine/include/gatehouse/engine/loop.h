// engine/loop.h — the decode loop: iteration-level batching of jobs over the seats of one model, never past what was granted.
// Units    tokens, cells; instants of the given clock
// Threads  push() from any thread; turn() and run() on the engine's own thread
// Rules    a token counts when it is sampled; the end token does not; text withheld by a stop string does. At zero left the sequence is
//          parked, cells kept. A job that waits for a grant longer than `patience` ends as an error. Tenants share seats and the
//          computing of prompts by what has been computed for each (engine/fair_shares.h)
// Choices  a job of several answers takes as many seats at once, or waits. Its prompt is computed once, in the seat of the first; then each
//          goes on in its own seat, with its own text, stops, scores and draws (its seed is the job's + its number). The grant is the
//          job's: a step computes no more of its choices than tokens are left of it
// Prefixes with prefix_bytes: what a prompt has in common with another of the same tenant, in a seat or kept of one that has ended, is
//          copied; where it is being computed, it is waited for (prefix_choice.h, prefix_store.h). Never with another tenant's: what
//          somebody has asked before cannot be told from how long an answer takes
// Memory   the states of sequences that have given their seats back: at most a quarter of what the cells of all seats take; kept prefixes:
//          prefix_bytes
// Source   docs/ARCHITECTURE.md, "The joint"
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/engine/fair_shares.h"
#include "gatehouse/engine/plan_step.h"
#include "gatehouse/engine/sequence_model.h"
#include "gatehouse/engine/step_costs.h"
#include "gatehouse/engine/text_stream.h"
#include "gatehouse/engine/thread_choice.h"
#include "gatehouse/runtime/mailbox.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::engine {

class PrefixStore;
struct PrefixSource;

// A job's name within one engine: the socket it came by and the number it has there.
struct JobKey {
  std::uint32_t link = 0;
  std::uint64_t job = 0;
  friend auto operator<=>(const JobKey&, const JobKey&) = default;
};

// A prompt that the prepare thread has rendered and counted.
struct PreparedJob {
  std::vector<Token> prompt;
  wire::engine::Sampling sampling;
  std::vector<std::string> stops;
  std::uint64_t tenant = 0;
  std::uint32_t weight = 1;                          // its tenant's
  std::shared_ptr<Constraint> constraint = nullptr;  // null: none
  std::uint32_t choices = 1;                         // no more than the model has seats
};

struct LoopCommand {
  LoopCommand(JobKey key_,
              std::variant<PreparedJob, wire::engine::Start, wire::engine::Grant, wire::engine::Finish, wire::engine::Cancel> what_)
      : key(key_), what(std::move(what_)) {}
  JobKey key;
  std::variant<PreparedJob, wire::engine::Start, wire::engine::Grant, wire::engine::Finish, wire::engine::Cancel> what;
};

// Where events go. Called on the engine's thread; must not block.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void send(std::uint32_t link, std::uint64_t job, const wire::engine::Body& body) = 0;
};

struct LoopOptions {
  std::uint32_t queue = 256;  // jobs prepared or waiting
  std::uint32_t prefill_chunk = 128;
  nanoseconds prepared_lifetime = seconds(30);
  nanoseconds patience = seconds(2);
  std::uint64_t prefix_bytes = 0;  // 0: every prompt is computed
  CostModel costs;                 // what is known of the model's steps already
};

// Read by other threads while the loop turns.
struct LoopCounters {
  std::atomic<std::uint32_t> jobs{0}, queued{0}, sequences{0};
  std::atomic<std::uint64_t> kv_cells{0}, steps{0};
  std::atomic<std::uint32_t> saved{0};  // sequences without a seat whose state is kept
  std::atomic<std::uint64_t> saved_bytes{0}, given_back{0};
  std::atomic<std::uint64_t> prompt_computed{0}, prompt_cached{0};  // tokens of prompts
  std::atomic<std::uint32_t> prefixes{0};
  std::atomic<std::uint64_t> prefix_bytes{0};
  std::atomic<std::uint64_t> compute_ns{0};  // CPU time of the loop's thread inside the model: passes and sampling
  // Of the step under way: when it began, by the loop's clock (0: there is none), and how long it should take (0: not known).
  std::atomic<std::int64_t> step_began_ns{0}, usual_step_ns{0};
};

class EngineLoop {
 public:
  EngineLoop(SequenceModel& model, const Clock& clock, EventSink& sink, LoopOptions options);
  ~EngineLoop();

  // False when the queue is full or the job's number is taken: the job must be refused. What is for a job that has ended, or was refused,
  // is dropped here: a front that prepares and cancels for ever cannot fill the queue of commands.
  bool push(LoopCommand command);
  const LoopCounters& counters() const { return counters_; }

  // One iteration: commands, plan, decode, prefill, events. False when there was nothing to compute.
  bool turn();
  // Turns until stop().
  void run();
  void stop() { commands_.close(); }

 private:
  struct Sequence;  // one answer
  struct Request;   // a job: its answers, and what they share
  using Requests = std::map<JobKey, std::unique_ptr<Request>>;

  void apply(LoopCommand& command);
  void apply_start(Request& r, const wire::engine::Start& start);
  void wait_for_seat(Sequence& s);
  void apply_grant(Request& r, std::uint32_t tokens);
  void apply_finish(Request& r, wire::engine::FinishReason reason);
  StepPlan plan(Instant now);
  SequenceView view_of(const Sequence& s) const;
  std::uint32_t may_say(const Sequence& s) const;
  void look_at_tenants();
  void look_at_prefixes();
  void find_prefix(Sequence& s);
  void keep_prefix(const Sequence& s);
  void execute(const StepPlan& plan);
  // Runs a call into the model and counts what it took.
  template <class Work>
  auto computed(Work&& work);
  // The model's threads for the next pass, by what this one took.
  void adapt_threads(nanoseconds took, double usual);
  void decode(const std::vector<Seat>& seats);
  void prefill(const std::vector<Prefill>& plan);
  Status sample_first(Sequence& s, std::uint32_t cells);
  void prefilled(Sequence& s, const PromptPart& part);
  void take_seats(const StepPlan& plan);
  void take_seat(Sequence& s, Seat seat);
  void give_back(Seat seat);
  std::unique_ptr<SavedSequence> take_saved(Sequence& s);
  void move_seat(const SeatMove& move);
  // A sequence has said one more token, or its end.
  void advance(Sequence& s, Token token);
  void say(Sequence& s, Token token);
  // What follows from what is left of the grant, now that s has said something.
  void look_at_grant(Sequence& s);
  void park(Sequence& last);
  void end(Sequence& s, wire::engine::FinishReason reason);
  void end_all(Request& r, wire::engine::FinishReason reason);
  void fail(Request& r, std::string_view error) { abandon(r, wire::engine::FinishReason::error, error); }
  // Ends all answers where they are.
  void abandon(Request& r, wire::engine::FinishReason reason, std::string_view error = {});
  void release(Sequence& s);
  void tell_done(Request& r, wire::engine::FinishReason reason, std::string_view error, std::string_view stop);
  // Shows what was held back for a stop string that did not come, and tells the scores of it.
  void show_rest(Sequence& s);
  bool admit(const JobKey& key);
  void dismiss(const JobKey& key);
  wire::engine::TokenEvent& event_of(Sequence& s);
  void flush();
  void expire_unseated(Instant now);
  void count();
  nanoseconds usual_time(const StepPlan& plan) const;
  Instant next_deadline() const;

  SequenceModel& model_;
  const Clock& clock_;
  EventSink& sink_;
  const LoopOptions options_;
  Mailbox<LoopCommand> commands_;
  LoopCounters counters_;
  std::mutex known_mutex_;
  std::set<JobKey> known_;  // guarded by known_mutex_: the jobs that have been taken and are not done

  Requests requests_;              // every job, prepared ones included
  std::vector<Sequence*> seated_;  // by seat; null when free
  std::deque<Sequence*> waiting_;  // started, no seat; in any order. Of a job that waits for all its seats the first choice
  FairShares shares_;
  CostModel costs_;
  ThreadChoice threads_;
  std::uint64_t preemptions_ = 0;
  const std::unique_ptr<PrefixStore> prefixes_;
  std::uint64_t next_order_ = 0;
  std::uint64_t saved_cells_ = 0;
  std::map<std::uint32_t, wire::engine::TokenBatch> batches_;  // by link, of this step
  std::vector<std::pair<JobKey, wire::engine::Done>> dones_;   // of this step, sent behind the tokens
  // Reused from step to step.
  std::vector<LoopCommand> inbox_;
  std::vector<SequenceView> views_;
  std::vector<WaitingView> queue_views_;
  std::vector<TenantView> tenant_views_;
  std::vector<Wanting> wanting_;
  std::vector<SeatToken> batch_;
  std::vector<PromptPart> parts_;
  std::vector<Seat> fork_seats_;
  std::vector<PrefixSource> sources_;
  std::vector<const Sequence*> holders_;
};

}  // namespace gatehouse::engine
