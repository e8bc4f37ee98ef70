// Several answers to one prompt: all their seats or none, the prompt computed once, one grant, one done.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "test_loop.h"

namespace gatehouse::engine {
namespace {

namespace w = wire::engine;
using testing::ElementsAre;
using testing::Pair;

TEST(EngineLoopChoices, ThePromptIsComputedOnceAndEveryChoiceSaysItsAnswer) {
  TurnedLoop t(seats_of(4));
  const std::string prompt = "say:" + std::string(300, 'x') + "end";
  t.ask_choices(1, 3, prompt, 400);
  t.settle();
  EXPECT_EQ(t.trace.prompt_tokens, prompt.size());
  EXPECT_EQ(t.trace.forks, 2U);
  ASSERT_EQ(t.told(1).choices.size(), 3U);
  for (const auto& [index, choice] : t.told(1).choices) EXPECT_EQ(choice.text, prompt.substr(4)) << index;
  EXPECT_EQ(t.done(1).prompt_tokens, prompt.size());
  EXPECT_EQ(t.done(1).completion_tokens, 3 * 303U);
  EXPECT_EQ(t.done(1).reason, w::FinishReason::stop);
  t.expect_empty();
}

TEST(EngineLoopChoices, EachDrawsByASeedOfItsOwn) {
  TurnedLoop t;
  t.ask_choices(1, 3, "seed:", 8);
  t.settle();
  std::vector<std::string> texts;
  for (const auto& [index, choice] : t.told(1).choices) texts.push_back(choice.text);
  EXPECT_THAT(texts, ElementsAre("7", "8", "9"));
}

TEST(EngineLoopChoices, TakesAllItsSeatsOrWaits) {
  TurnedLoop t(seats_of(4));
  t.ask(1, "loop:a", 1000);
  t.ask(2, "loop:b", 1000);
  t.turns(3);
  t.ask_choices(3, 3, "say:abc", 8);
  t.ask(4, "say:late", 8);
  t.turns(5);
  EXPECT_EQ(t.seated(), 2U) << "two are free, and three are wanted";
  EXPECT_EQ(t.told(4).tokens, 0U) << "who came later does not overtake";
  t.cancel(1);
  t.turns(12);
  EXPECT_EQ(t.done(3).completion_tokens, 9U);
  EXPECT_EQ(t.told(4).text, "late");
  t.cancel(2);
  t.settle();
  t.expect_empty();
}

TEST(EngineLoopChoices, OthersGiveBackAsManySeatsAsATenantWithoutOneNeeds) {
  TurnedLoop t(seats_of(4));
  t.as(1);
  for (std::uint64_t job = 1; job <= 4; ++job) t.ask(job, "loop:a", 1000);
  t.turns(40);
  t.as(2);
  t.ask_choices(9, 2, "say:abc", 8);
  t.turns(12);
  EXPECT_EQ(t.done(9).completion_tokens, 6U);
  EXPECT_EQ(t.loop.counters().given_back, 2U);
  for (std::uint64_t job = 1; job <= 4; ++job) t.cancel(job);
  t.settle();
  t.expect_empty();
}

TEST(EngineLoopChoices, OneEndsBeforeOthersAndOnlyTheLastIsDone) {
  TurnedLoop t;
  EXPECT_TRUE(t.prepare_choices(1, 3, "seed:", 0, 8));  // 8, 9, 10
  t.tell(1, w::Start{24, 8});
  t.settle();
  const auto& choices = t.told(1).choices;
  EXPECT_EQ(choices.at(0).ended, w::FinishReason::stop);
  EXPECT_EQ(choices.at(1).ended, w::FinishReason::stop);
  EXPECT_EQ(choices.at(2).ended, std::nullopt);
  EXPECT_EQ(t.done(1).completion_tokens, 4U);
}

TEST(EngineLoopChoices, NoneSaysMoreThanItsShareAndAllOfThemNoMoreThanTheGrant) {
  TurnedLoop t;
  EXPECT_TRUE(t.prepare_choices(1, 3, "loop:x"));
  t.tell(1, w::Start{7, 5});
  t.settle();
  EXPECT_EQ(t.told(1).tokens, 7U);
  EXPECT_EQ(t.told(1).waits, 1) << "the job waits, not each of them";
  EXPECT_EQ(t.seated(), 3U);
  t.grant(1, 8);
  t.settle();
  for (const auto& [index, choice] : t.told(1).choices) EXPECT_EQ(choice.tokens, 5U) << index;
  EXPECT_EQ(t.done(1).reason, w::FinishReason::length);
  t.expect_empty();
}

TEST(EngineLoopChoices, AGrantThatLeavesOneWithoutAFirstTokenIsRefused) {
  TurnedLoop t;
  EXPECT_TRUE(t.prepare_choices(1, 3, "loop:x"));
  t.tell(1, w::Start{2, 5});
  t.settle();
  EXPECT_EQ(t.done(1).error, "start_without_grant");
  t.expect_empty();
}

TEST(EngineLoopChoices, EndsAllWhereTheGrantEndsAndNoneWillFollow) {
  TurnedLoop t;
  EXPECT_TRUE(t.prepare_choices(1, 3, "loop:x"));
  t.tell(1, w::Start{8, 5});
  t.finish(1);
  t.settle();
  EXPECT_EQ(t.done(1).reason, w::FinishReason::length);
  EXPECT_EQ(t.done(1).completion_tokens, 8U);
  t.expect_empty();
}

TEST(EngineLoopChoices, AStopStringEndsOnlyItsChoice) {
  TurnedLoop t;
  w::Sampling sampling;
  sampling.seed = 9;  // 9, 10, 11
  const std::string prompt = "seed:";
  PreparedJob job{{prompt.begin(), prompt.end()}, sampling, {"0"}, 0, 1, nullptr, 3};
  EXPECT_TRUE(t.loop.push(LoopCommand(JobKey{0, 1}, std::move(job))));
  t.tell(1, w::Start{30, 10});
  t.settle();
  std::vector<std::string> texts;
  for (const auto& [index, choice] : t.told(1).choices) texts.push_back(choice.text);
  EXPECT_THAT(texts, ElementsAre("9", "1", "11"));
}

TEST(EngineLoopChoices, WhatIsHeldForAGrantIsPatientAsOne) {
  TurnedLoop t;
  EXPECT_TRUE(t.prepare_choices(1, 3, "loop:x"));
  t.tell(1, w::Start{6, 50});
  t.settle();
  t.clock.advance(seconds(3));
  t.settle();
  EXPECT_EQ(t.done(1).error, "grant_timeout");
  t.expect_empty();
}

TEST(EngineLoopChoices, AFailedPassEndsAllOfThemOnce) {
  TurnedLoop t;
  t.ask_choices(1, 3, "loop:x", 50);
  t.turns(4);
  t.before_pass([] { throw std::runtime_error("scripted"); });
  t.settle();
  EXPECT_EQ(t.done(1).reason, w::FinishReason::error);
  t.expect_empty();
}

// ---- At any moment ----

TEST(EngineLoopChoices, CancelAtAnyMomentLeavesNothing) {
  for (int moment = 0; moment < 30; ++moment) {
    ScriptedOptions options = seats_of(4);
    LoopOptions loop;
    loop.prefill_chunk = 4;
    TurnedLoop t(options, loop);
    t.as(1);
    t.ask(1, "loop:other", 500);
    t.as(2);
    t.ask_choices(2, 3, "loop:" + std::string(60, 'y'), 12);
    t.turns(moment);
    t.cancel(2);
    t.turns(2);
    EXPECT_EQ(t.seated(), 1U) << moment;
    EXPECT_EQ(t.told(2).dones.size(), 1U) << moment;
    t.cancel(1);
    t.settle();
    t.expect_empty();
  }
}

class ManyChoices {
 public:
  explicit ManyChoices(std::uint64_t seed) : dice_(seed), t_(seats_of(static_cast<std::uint32_t>(1 + below(6)), 200), options()) {
    fails_ = below(4) == 0;
    t_.before_pass([this] {
      if (fails_ && below(40) == 0) throw std::runtime_error("scripted");
    });
  }

  void run() {
    for (int i = 0; i < 150; ++i) {
      if (below(3) == 0) command();
      if (below(40) == 0) t_.clock.advance(milliseconds(below(2500)));
      turn();
    }
    fails_ = false;
    for (const auto& [job, granted] : granted_) t_.tell(job, w::Finish{w::FinishReason::length});
    for (const auto& [job, granted] : granted_) {
      if (below(2) == 0) t_.cancel(job);
    }
    for (int i = 0; i < 40; ++i) {
      t_.settle();
      t_.clock.advance(seconds(1));
    }
    for (const auto& [job, granted] : granted_) EXPECT_EQ(t_.told(job).dones.size(), 1U) << job;
    t_.expect_empty();
  }

 private:
  std::uint64_t below(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(dice_); }
  LoopOptions options() {
    LoopOptions o;
    o.prefill_chunk = static_cast<std::uint32_t>(1 + below(32));
    return o;
  }
  std::uint32_t seats() const { return t_.model().seats(); }

  void command() {
    if (granted_.empty() || below(3) == 0) {
      const auto choices = static_cast<std::uint32_t>(1 + below(seats()));
      const std::uint64_t job = ++next_;
      t_.as(below(3));
      const std::string prompt = below(3) == 0 ? "seed:" : "loop:" + std::string(1 + below(100), 'a');
      if (!t_.prepare_choices(job, choices, prompt, 0, below(2000))) return;
      const auto grant = static_cast<std::uint32_t>(choices + below(30));
      t_.tell(job, w::Start{grant, static_cast<std::uint32_t>(1 + below(30))});
      granted_[job] = grant;
      return;
    }
    const auto at = std::next(granted_.begin(), static_cast<std::ptrdiff_t>(below(granted_.size())));
    const auto more = static_cast<std::uint32_t>(below(20));
    switch (below(5)) {
      case 0:
        return t_.cancel(at->first);
      case 1:
        return t_.finish(at->first);
      default:
        at->second += more;
        return t_.grant(at->first, more);
    }
  }

  void turn() {
    t_.turn();
    EXPECT_LE(t_.seated(), seats());
    EXPECT_EQ(t_.trace.open_seats, t_.seated());
    for (const auto& [job, granted] : granted_) EXPECT_LE(t_.told(job).tokens, granted) << "more than was granted";
  }

  std::mt19937_64 dice_;
  TurnedLoop t_;
  bool fails_ = false;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, std::uint32_t> granted_;
};

TEST(EngineLoopChoices, TheRulesHoldWhateverTheFrontSays) {
  const std::uint64_t first = std::random_device{}();
  const std::uint64_t rounds = std::getenv("GATEHOUSE_SOAK") != nullptr ? 20'000 : 500;
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(first));
  for (std::uint64_t seed = first; seed < first + rounds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    ManyChoices(seed).run();
  }
}

// ---- The plan ----

TEST(PlanStepChoices, AJobTakesItsSeatsTogether) {
  const std::vector<WaitingView> waiting{{.order = 10, .tenant = 1, .seats = 3}, {.order = 13, .tenant = 1}};
  StepLimits limits;
  limits.seats = 4;
  const SequenceView one{.seat = 1, .phase = Phase::decode, .cells = 10, .order = 1};
  const auto with = [&](std::span<const SequenceView> seated) { return plan_step(Standing{seated, waiting, {}}, limits, Instant()).seat; };
  EXPECT_THAT(with({&one, 1}), ElementsAre(Pair(10, 0), Pair(11, 2), Pair(12, 3)));
  const std::vector<SequenceView> two{one, {.seat = 2, .phase = Phase::decode, .cells = 10, .order = 2}};
  EXPECT_THAT(with(two), ElementsAre()) << "and the younger one does not overtake";
}

}  // namespace
}  // namespace gatehouse::engine
