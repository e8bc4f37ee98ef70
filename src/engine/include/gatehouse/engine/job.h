// engine/job.h — one request for a language model as the front sees it, from prepare to done.
// Units    tokens
// Threads  one reactor; the engine behind it lives elsewhere
// State    prepare → prepared | refused · start → tokens, waiting … → done · lost at any time, when the engine died
//          Destroying a job that has not ended cancels it: the sequence is free before the engine's next step.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/strong.h"
#include "gatehouse/engine/job_channel.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/runtime/task.h"
#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::engine {

// Of one of the answers.
struct ChoiceNews {
  std::string text;
  std::vector<wire::engine::TokenScore> scores;     // of tokens whose last byte is in this text or was in what came before
  std::optional<wire::engine::FinishReason> ended;  // before others; the last one ends with done
};

// What happened since take() was last called.
struct JobNews {
  std::optional<wire::engine::Prepared> prepared;
  std::optional<wire::engine::Refused> refused;
  std::optional<wire::engine::Done> done;
  std::vector<ChoiceNews> choices;  // by number, as far as there are news of any
  std::uint32_t tokens = 0;         // of all choices
  std::uint32_t cached = 0;         // of the prompt, as far as that is known by then
  bool asks_ahead = false;          // will soon need a grant
  bool waiting = false;             // needs a grant now
  bool lost = false;                // the engine died: nothing more will come
};

class Job final : public JobRecipient {
 public:
  Job(Reactor& reactor, JobChannel& channel, JobId id, std::uint32_t choices = 1)
      : id_(id), channel_(&channel), signal_(reactor), over_(choices, false) {}
  ~Job() override;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  JobId id() const { return id_; }
  std::uint32_t granted() const { return granted_; }
  std::uint32_t produced() const { return produced_; }
  bool started() const { return started_; }
  bool ended() const { return ended_; }

  // The grant is for all choices; none of them says more than per_choice.
  void start(Tokens grant, Tokens per_choice = Tokens(wire::engine::Start().per_choice));
  void grant(Tokens more);
  void finish(wire::engine::FinishReason reason);
  void cancel();

  // Returns when there is news or somebody poked.
  Task<void> wait() { return signal_.wait(); }
  JobNews take();
  // Wakes who waits, without news from the engine: the client has gone, a deadline has passed.
  void poke() { signal_.raise(); }

  // For the channel. False: the engine broke the protocol (tokens beyond the grant, scores of no token, a choice that there is not or that
  // has ended, an event out of order).
  [[nodiscard]] bool deliver(wire::engine::Body&& body) override;
  [[nodiscard]] bool deliver(wire::engine::TokenEvent&& event) override;
  void lose() override;

 private:
  bool may_come(const wire::engine::TokenEvent& event) const;
  const JobId id_;
  JobChannel* channel_;  // null when lost
  Signal signal_;
  JobNews news_;
  std::vector<bool> over_;  // by choice: it has ended before others
  std::uint32_t granted_ = 0, produced_ = 0, scored_ = 0;
  bool prepared_ = false, started_ = false, ended_ = false;
};

}  // namespace gatehouse::engine
