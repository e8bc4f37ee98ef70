// The decode loop under random commands in random order: the rules hold after every step, and nothing is left at the end.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <stdexcept>

#include "test_loop.h"

namespace gatehouse::engine {
namespace {

namespace w = wire::engine;

struct Asked {
  std::uint32_t granted = 0;
  bool started = false;
  std::string answer;  // what is shown is the beginning of it
};

class Round {
 public:
  explicit Round(std::uint64_t seed) : random_(seed), t_(model_options(), loop_options()) {
    if (below(3) == 0) fail_one_in_ = 20 + below(60);
    t_.before_pass([this] {
      if (fail_one_in_ > 0 && below(fail_one_in_) == 0) throw std::runtime_error("scripted");
      if (below(4) == 0) t_.clock.advance(milliseconds(below(40)));
    });
  }

  void run() {
    for (int i = 0; i < 120 && !testing::Test::HasFailure(); ++i) {
      for (std::uint64_t n = below(4); n > 0; --n) command();
      if (below(30) == 0) t_.clock.advance(milliseconds(below(3000)));
      turn();
    }
    fail_one_in_ = 0;
    come_to_rest();
    end_all();
  }

 private:
  std::uint64_t below(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random_); }

  ScriptedOptions model_options() {
    ScriptedOptions options;
    options.seats = static_cast<std::uint32_t>(1 + below(6));
    options.seat_cells = static_cast<std::uint32_t>(64 + below(400));
    cells_ = options.seat_cells;
    return options;
  }
  LoopOptions loop_options() {
    LoopOptions options;
    options.queue = static_cast<std::uint32_t>(below(12));
    options.prefill_chunk = static_cast<std::uint32_t>(1 + below(64));
    bound_ = options.queue;
    return options;
  }

  void command() {
    if (asked_.empty() || below(4) == 0) return prepare();
    const JobKey key = std::next(asked_.begin(), static_cast<std::ptrdiff_t>(below(asked_.size())))->first;
    Asked& job = asked_.at(key);
    switch (below(8)) {
      case 0:
        return t_.tell(key.job, w::Cancel{}, key.link);
      case 1:
        return t_.tell(key.job, w::Finish{w::FinishReason::length}, key.link);
      case 2:
        return t_.tell(key.job, w::Grant{0}, key.link);
      case 3:
      case 4: {
        const auto more = static_cast<std::uint32_t>(1 + below(12));
        if (job.started) job.granted += more;
        return t_.tell(key.job, w::Grant{more}, key.link);
      }
      default: {
        const auto grant = static_cast<std::uint32_t>(1 + below(12));
        if (!job.started) job.granted = grant;
        job.started = true;
        return t_.tell(key.job, w::Start{grant}, key.link);
      }
    }
  }

  void prepare() {
    const JobKey key{static_cast<std::uint32_t>(below(3)), ++next_};
    std::string answer;
    for (std::uint64_t n = 1 + below(20); n > 0; --n) answer += below(2) == 0 ? "a" : below(2) == 0 ? "b" : "é";
    const bool loops = below(2) == 0;
    std::string prompt = (loops ? "loop:" : "say:") + answer;
    std::vector<std::string> stops;
    if (below(3) == 0) stops = {"ab", "éé"};
    Asked job;
    job.answer = answer;
    while (loops && job.answer.size() < 2 * cells_) job.answer += answer;
    if (below(3) == 0) {  // the longer ones are about the computing of prompts
      prompt = std::string(below(cells_ - 60), ' ') + "?";
      job.answer = "?";
    }
    t_.as(below(3), static_cast<std::uint32_t>(1 + below(3)));
    const bool taken = t_.prepare(key.job, prompt, stops, key.link);
    const bool full = t_.loop.counters().jobs >= bound_ + seats();
    EXPECT_TRUE(taken || full) << "turned away although there was room";
    if (taken) asked_.emplace(key, job);
    if (below(10) == 0 && taken) {
      EXPECT_FALSE(t_.prepare(key.job, prompt, {}, key.link)) << "one number, two jobs";
    }
  }

  std::uint32_t seats() const { return t_.model().seats(); }

  bool turn() {
    const std::uint64_t before = ended_;
    const bool more = t_.turn();
    EXPECT_LE(t_.loop.counters().jobs, bound_ + seats());
    EXPECT_EQ(t_.trace.open_seats, t_.seated());
    for (auto it = asked_.begin(); it != asked_.end();) {
      const Told& told = t_.told(it->first.job, it->first.link);
      EXPECT_LE(told.tokens, it->second.granted) << "more than was granted";
      EXPECT_TRUE(it->second.answer.starts_with(told.text)) << told.text;
      if (told.ended()) ++ended_;
      it = told.ended() ? asked_.erase(it) : std::next(it);
    }
    if (ended_ == before && t_.loop.counters().queued > 0) {
      EXPECT_EQ(t_.seated(), seats()) << "a free seat while somebody waits";
    }
    return more;
  }

  // Everybody may go on, and nobody comes or goes: soon each pass takes consecutive seats.
  void come_to_rest() {
    const std::uint64_t started = ended_;
    for (auto& [key, job] : asked_) {
      if (!job.started) continue;
      job.granted += 500;
      t_.tell(key.job, w::Grant{500}, key.link);
    }
    std::uint64_t quiet = 0, before = ended_;
    for (int i = 0; i < 60; ++i) {
      const std::uint64_t gaps = t_.trace.sparse_batches, prefills = t_.trace.prefill_passes, given_back = t_.loop.counters().given_back;
      turn();
      const bool changed = ended_ != before || prefills != t_.trace.prefill_passes || given_back != t_.loop.counters().given_back;
      quiet = changed ? 0 : quiet + 1;
      before = ended_;
      if (quiet > 3ULL * seats()) {
        EXPECT_EQ(t_.trace.sparse_batches, gaps) << "a gap that nobody closes";
      }
    }
    EXPECT_GE(ended_, started);
  }

  void end_all() {
    for (const auto& [key, job] : asked_) {
      if (below(2) == 0) {
        t_.tell(key.job, w::Cancel{}, key.link);
      } else {
        t_.tell(key.job, w::Finish{w::FinishReason::length}, key.link);
      }
    }
    for (int i = 0; i < 40 && !asked_.empty(); ++i) {
      int left = 20'000;
      while (turn() && --left > 0) {
      }
      EXPECT_GT(left, 0);
      t_.clock.advance(seconds(1));
    }
    EXPECT_TRUE(asked_.empty()) << "some were never done";
    t_.expect_empty();
  }

  std::mt19937_64 random_;
  std::uint32_t cells_ = 0, bound_ = 0;
  std::uint64_t fail_one_in_ = 0, next_ = 0, ended_ = 0;
  TurnedLoop t_;
  std::map<JobKey, Asked> asked_;  // taken, not yet done
};

TEST(EngineLoopRandom, TheRulesHoldWhateverTheFrontSays) {
  const std::uint64_t first = std::random_device{}();
  const std::uint64_t rounds = std::getenv("GATEHOUSE_SOAK") != nullptr ? 50'000 : 600;
  std::printf("seeds %llu and %llu more\n", static_cast<unsigned long long>(first), static_cast<unsigned long long>(rounds - 1));
  for (std::uint64_t seed = first; seed < first + rounds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Round(seed).run();
  }
}

}  // namespace
}  // namespace gatehouse::engine
