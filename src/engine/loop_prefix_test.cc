// What prompts of one tenant have in common is computed once; of different tenants, never.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <stdexcept>

#include "test_loop.h"

namespace gatehouse::engine {
namespace {

namespace w = wire::engine;

const std::string shared(512, 's');

LoopOptions keeping(std::uint64_t bytes = 1 << 20) {
  LoopOptions options;
  options.prefix_bytes = bytes;
  return options;
}
std::string ending(std::uint64_t number) { return "the end of number " + std::to_string(1000 + number); }

TEST(EngineLoopPrefixes, ABurstComputesWhatItSharesOnce) {
  TurnedLoop t(seats_of(16), keeping());
  std::uint64_t together = 0;
  for (std::uint64_t job = 0; job < 16; ++job) {
    t.ask(job, shared + ending(job), 8);
    together += shared.size() + ending(job).size();
  }
  t.settle();
  // The numbers themselves begin alike, too.
  EXPECT_LE(t.trace.prompt_tokens, together / 6);
  EXPECT_GE(t.trace.prompt_tokens, shared.size() + 16);
  EXPECT_EQ(t.loop.counters().prompt_computed, t.trace.prompt_tokens);
  for (std::uint64_t job = 1; job < 16; ++job) {
    EXPECT_GE(t.done(job).cached_tokens, shared.size()) << job;
    EXPECT_EQ(t.told(job).cached, t.done(job).cached_tokens) << "with the first token, for whoever does not wait until it is done";
  }
  EXPECT_EQ(t.done(0).cached_tokens, 0U);
  for (std::uint64_t job = 0; job < 16; ++job) EXPECT_EQ(t.told(job).text, "?");
}

TEST(EngineLoopPrefixes, MoreThanThereAreSeatsForAreAnsweredAsWell) {
  TurnedLoop t(seats_of(3), keeping());
  for (std::uint64_t job = 0; job < 12; ++job) t.ask(job, shared + ending(job), 8);
  t.settle();
  EXPECT_LE(t.trace.prompt_tokens, shared.size() + 12 * 40);
  t.expect_empty();
}

TEST(EngineLoopPrefixes, AnotherTenantsCostsWhatAFreshOneCosts) {
  TurnedLoop t(seats_of(4), keeping());
  t.as(1);
  t.ask(1, shared + "one", 8);
  t.settle();
  const std::uint64_t first = t.trace.prompt_tokens;
  t.as(2);
  t.ask(2, shared + "one", 8);
  t.settle();
  EXPECT_EQ(t.trace.prompt_tokens, 2 * first);
  EXPECT_EQ(t.done(2).cached_tokens, 0U);
  t.as(1);
  t.ask(3, shared + "one", 8);
  t.settle();
  EXPECT_EQ(t.trace.prompt_tokens, 2 * first + 1) << "its own costs the one token that the answer is drawn from";
  EXPECT_EQ(t.done(3).cached_tokens, first - 1);
}

TEST(EngineLoopPrefixes, TenantsInOneBurstShareNothing) {
  TurnedLoop t(seats_of(4), keeping());
  for (std::uint64_t job = 0; job < 4; ++job) {
    t.as(job);
    t.ask(job, shared, 8);
  }
  t.settle();
  EXPECT_EQ(t.trace.prompt_tokens, 4 * shared.size());
}

TEST(EngineLoopPrefixes, WhoeverIsLedGoesOnWhenTheLeaderIsGone) {
  for (int moment = 1; moment < 8; ++moment) {
    LoopOptions options = keeping();
    options.prefill_chunk = 64;
    TurnedLoop t(seats_of(4), options);
    for (std::uint64_t job = 0; job < 4; ++job) t.ask(job, shared + ending(job), 8);
    t.turns(moment);
    t.cancel(0);
    t.settle();
    for (std::uint64_t job = 1; job < 4; ++job) EXPECT_EQ(t.told(job).text, "?") << moment;
    t.expect_empty();
  }
}

TEST(EngineLoopPrefixes, AConversationGoesOnFromItsAnswer) {
  TurnedLoop t(seats_of(2), keeping());
  const std::string question = "say:" + std::string(60, 'q');
  t.ask(1, question, 100);
  t.settle();
  const std::uint64_t before = t.trace.prompt_tokens;
  t.ask(2, question + std::string(60, 'q') + "and more", 8);
  t.settle();
  EXPECT_EQ(t.trace.prompt_tokens - before, 8U);
}

TEST(EngineLoopPrefixes, ChoicesBeginWithWhatIsThere) {
  TurnedLoop t(seats_of(4), keeping());
  t.ask(1, shared, 8);
  t.settle();
  t.ask_choices(2, 3, shared + "new", 8);
  t.settle();
  EXPECT_EQ(t.trace.prompt_tokens, shared.size() + 3);
  EXPECT_EQ(t.done(2).cached_tokens, shared.size());
  EXPECT_EQ(t.told(2).choices.size(), 3U);
}

TEST(EngineLoopPrefixes, WithoutMemoryForThemEveryPromptIsComputed) {
  TurnedLoop t(seats_of(4), keeping(0));
  for (std::uint64_t job = 0; job < 4; ++job) t.ask(job, shared, 8);
  t.settle();
  EXPECT_EQ(t.trace.prompt_tokens, 4 * shared.size());
}

// Prompts that begin alike in many ways, of few tenants, with too little memory, cancelled and failing at any moment: what is said is what
// the prompt says.
class ManyPrefixes {
 public:
  explicit ManyPrefixes(std::uint64_t seed) : dice_(seed), t_(seats_of(static_cast<std::uint32_t>(1 + below(5))), options()) {
    fails_ = below(3) == 0;
    t_.before_pass([this] {
      if (fails_ && below(50) == 0) throw std::runtime_error("scripted");
    });
  }

  void run() {
    for (int i = 0; i < 200; ++i) {
      if (below(3) == 0) ask();
      if (below(12) == 0 && next_ > 0) t_.cancel(1 + below(next_));
      t_.turn();
      EXPECT_LE(t_.loop.counters().prefix_bytes, most_);
      EXPECT_EQ(t_.trace.open_seats, t_.seated());
    }
    fails_ = false;
    t_.settle();
    for (const auto& [job, answer] : answers_) {
      EXPECT_EQ(t_.told(job).dones.size(), 1U);
      EXPECT_TRUE(answer.starts_with(t_.told(job).text)) << t_.told(job).text;
      if (t_.done(job).reason == w::FinishReason::stop) {
        EXPECT_EQ(t_.told(job).text, answer);
      }
    }
    t_.expect_empty();
  }

 private:
  std::uint64_t below(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(dice_); }
  LoopOptions options() {
    LoopOptions o = keeping(most_ = below(2000));
    o.prefill_chunk = static_cast<std::uint32_t>(1 + below(64));
    return o;
  }
  void ask() {
    std::string answer;
    for (std::uint64_t n = 1 + below(4); n > 0; --n) answer += std::string(1 + below(90), static_cast<char>('a' + below(2)));
    t_.as(below(2));
    if (!t_.prepare(++next_, "say:" + answer)) return;
    t_.start(next_, 1000);
    answers_[next_] = answer;
  }

  std::mt19937_64 dice_;
  std::uint64_t most_ = 0;
  TurnedLoop t_;
  bool fails_ = false;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, std::string> answers_;
};

TEST(EngineLoopPrefixes, AnswersAreWhatThePromptsSay) {
  const std::uint64_t first = std::random_device{}();
  const std::uint64_t rounds = std::getenv("GATEHOUSE_SOAK") != nullptr ? 5000 : 150;
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(first));
  for (std::uint64_t seed = first; seed < first + rounds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    ManyPrefixes(seed).run();
  }
}

}  // namespace
}  // namespace gatehouse::engine
