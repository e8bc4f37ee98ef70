// The behaviour of the port engine::Engine, for every way in which an engine runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "engine_world.h"

namespace gatehouse::testing {
namespace {

namespace w = wire::engine;
using w::FinishReason;

bool soak() { return std::getenv("GATEHOUSE_SOAK") != nullptr; }

std::string repeated(const std::string& text, std::size_t size) {
  std::string out;
  while (out.size() < size) out += text;
  out.resize(size);
  return out;
}

// Seats that no answer fills.
WorldOptions bottomless(std::uint32_t seats = 4) {
  WorldOptions options;
  options.seats = seats;
  options.seat_cells = 1U << 30;
  return options;
}

class EngineContract : public ::testing::TestWithParam<Way> {
 protected:
  EngineWorld& ready(WorldOptions options = {}) {
    world = std::make_unique<EngineWorld>(GetParam(), std::move(options));
    EXPECT_EQ(world->until_ready(0), "ready");
    EXPECT_EQ(world->until_ready(1), "ready");
    return *world;
  }
  // Talks without end on both reactors, each of which has been given a token.
  std::vector<std::future<Answer>> begin_endless(int count) {
    std::vector<std::future<Answer>> answers;
    std::vector<std::future<void>> begun;
    for (int i = 0; i < count; ++i) {
      Talk talk("loop:abc", 100'000'000);
      talk.begun = std::make_shared<std::promise<void>>();
      begun.push_back(talk.begun->get_future());
      answers.push_back(world->begin(static_cast<std::size_t>(i % 2), std::move(talk)));
    }
    for (auto& one : begun) EngineWorld::wait(std::move(one));
    return answers;
  }
  std::unique_ptr<EngineWorld> world;
};

TEST_P(EngineContract, GivesAWholeAnswer) {
  const Answer answer = ready().ask(0, Talk("say:Good morning"));
  EXPECT_EQ(answer.text, "Good morning");
  EXPECT_EQ(answer.tokens, 12U);
  ASSERT_TRUE(answer.prepared && answer.done);
  EXPECT_EQ(answer.prepared->prompt_tokens, 16U);
  EXPECT_EQ(answer.prepared->seat_cells, 4096U);
  EXPECT_EQ(answer.done->reason, FinishReason::stop);
  EXPECT_EQ(answer.done->prompt_tokens, 16U);
  EXPECT_EQ(answer.done->completion_tokens, 12U);
  EXPECT_TRUE(world->comes_to_rest());
}

TEST_P(EngineContract, StreamsExactlyWhatItIsAllowed) {
  Talk talk("loop:abc", 500);
  talk.block = 7;
  const Answer answer = ready().ask(1, talk);
  EXPECT_EQ(answer.text, repeated("abc", 500));
  EXPECT_EQ(answer.granted, 500U);
  EXPECT_GT(answer.pieces, 10U) << "in parts, as it is computed";
  ASSERT_TRUE(answer.done);
  EXPECT_EQ(answer.done->reason, FinishReason::length);
  EXPECT_EQ(answer.done->completion_tokens, 500U);
}

TEST_P(EngineContract, ShowsNothingOfAStopString) {
  Talk talk("say:one END two");
  talk.stops = {"END"};
  const Answer answer = ready().ask(0, talk);
  EXPECT_EQ(answer.text, "one ");
  ASSERT_TRUE(answer.done);
  EXPECT_EQ(answer.done->reason, FinishReason::stop);
  EXPECT_EQ(answer.done->stop, "END");
  EXPECT_EQ(answer.tokens, 7U);
}

TEST_P(EngineContract, TakesPromptsOfAnyLength) {
  WorldOptions options;
  options.seat_cells = 3'000'100;
  const std::string text(3'000'000, 'x');
  const Answer answer = ready(options).ask(0, Talk("loop:" + text, 30));
  EXPECT_EQ(answer.text, repeated("x", 30));
  ASSERT_TRUE(answer.prepared);
  EXPECT_EQ(answer.prepared->prompt_tokens, 3'000'005U);
}

TEST_P(EngineContract, RefusesAPromptAndGoesOn) {
  const Answer broken = ready().ask(0, Talk("template:broken"));
  ASSERT_TRUE(broken.refused);
  EXPECT_EQ(broken.refused->code, "template_failed");
  const Answer too_long = world->ask(0, Talk(std::string(4097, 'x')));
  ASSERT_TRUE(too_long.refused);
  EXPECT_EQ(too_long.refused->code, "context_length_exceeded");
  EXPECT_EQ(world->ask(0, Talk("say:well")).text, "well");
}

TEST_P(EngineContract, ACallerWhoGoesAwayFreesItsSeat) {
  ready(bottomless(1));
  for (int i = 0; i < 5; ++i) {
    Talk leaves("loop:abc", 100'000'000);
    leaves.cancel_after = 20;
    auto first = world->begin(0, leaves), second = world->begin(1, Talk("say:next"));
    EXPECT_TRUE(EngineWorld::wait(std::move(first)).cancelled);
    EXPECT_EQ(EngineWorld::wait(std::move(second)).text, "next");
  }
  EXPECT_TRUE(world->comes_to_rest());
}

TEST_P(EngineContract, TwoReactorsHaveJobsOfTheirOwn) {
  ready();
  std::vector<std::future<Answer>> left, right;
  for (int i = 0; i < 8; ++i) {  // the same numbers on both
    left.push_back(world->begin(0, Talk("loop:left ", 200)));
    right.push_back(world->begin(1, Talk("loop:right ", 200)));
  }
  for (auto& one : left) EXPECT_EQ(EngineWorld::wait(std::move(one)).text, repeated("left ", 200));
  for (auto& one : right) EXPECT_EQ(EngineWorld::wait(std::move(one)).text, repeated("right ", 200));
  EXPECT_TRUE(world->comes_to_rest());
}

TEST_P(EngineContract, MoreThanItCanHoldIsRefused) {
  WorldOptions options = bottomless(1);
  options.queue = 1;
  ready(options);
  auto running = begin_endless(1);
  auto waiting = world->begin(0, Talk("say:patient"));
  ASSERT_TRUE(world->comes([](const w::State& s) { return s.queued == 1; }));
  const Answer refused = world->ask(1, Talk("say:impatient"));
  ASSERT_TRUE(refused.refused);
  EXPECT_EQ(refused.refused->code, "engine_queue_full");
  world->stop();
  EXPECT_TRUE(EngineWorld::wait(std::move(running[0])).lost);
  EXPECT_TRUE(EngineWorld::wait(std::move(waiting)).lost);
}

TEST_P(EngineContract, KilledUnderLoadItComesBack) {
  ready(bottomless());
  for (std::uint64_t round = 1; round <= (soak() ? 6U : 2U); ++round) {
    auto answers = begin_endless(4);
    auto waiting = world->begin(0, Talk("say:x"));  // no seat
    world->kill();
    for (auto& one : answers) {
      const Answer answer = EngineWorld::wait(std::move(one));
      EXPECT_TRUE(answer.lost);
      EXPECT_LE(answer.tokens, answer.granted);
    }
    const Answer never_begun = EngineWorld::wait(std::move(waiting));
    EXPECT_TRUE(never_begun.lost || never_begun.error == "model_loading");
    EXPECT_EQ(world->until_ready(0), "ready");
    EXPECT_EQ(world->until_ready(1), "ready");
    EXPECT_EQ(world->ask(0, Talk("say:back")).text, "back");
    EXPECT_EQ(world->ask(1, Talk("say:again")).text, "again");
    EXPECT_EQ(world->engine().restarts(), round);
  }
  EXPECT_TRUE(world->comes_to_rest());
}

TEST_P(EngineContract, AModelThatFailsThreeTimesFailsForGood) {
  WorldOptions options;
  options.model = "broken";
  world = std::make_unique<EngineWorld>(GetParam(), options);
  EXPECT_EQ(world->until_ready(0, seconds(60)), "engine_unavailable");
  EXPECT_EQ(world->engine().state().state, w::ModelState::failed);
  EXPECT_THAT(world->engine().state().detail, ::testing::HasSubstr("the magic number is wrong"));
  EXPECT_EQ(world->opened(), 3);
  EXPECT_EQ(world->until_ready(1), "engine_unavailable");
  EXPECT_EQ(world->ask(1, Talk("say:x")).error, "engine_unavailable");
}

TEST_P(EngineContract, StopEndsItAndLosesWhatRuns) {
  ready(bottomless());
  auto answers = begin_endless(4);
  const pid_t pid = world->engine().child_pid();
  EXPECT_EQ(pid != 0, GetParam() == Way::process);
  world->stop();
  for (auto& one : answers) EXPECT_TRUE(EngineWorld::wait(std::move(one)).lost);
  if (pid != 0) {
    EXPECT_EQ(::kill(pid, 0), -1) << "the child is still there";
  }
  EXPECT_EQ(world->until_ready(0, seconds(60)), "engine_unavailable");
  EXPECT_EQ(world->ask(0, Talk("say:x")).error, "engine_unavailable");
  EXPECT_EQ(world->engine().restarts(), 0U);
}

TEST_P(EngineContract, SixteenAtOnceWithRandomCancelsLeaveNothing) {
  const unsigned seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  const auto below = [&random](unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random); };
  ready();
  for (int round = 0; round < (soak() ? 50 : 3); ++round) {
    std::vector<std::future<Answer>> answers;
    std::vector<Talk> talks;
    for (unsigned i = 0; i < 16; ++i) {
      Talk& talk = talks.emplace_back("loop:" + std::to_string(i) + " ", 1 + below(300));
      talk.block = 1 + below(40);
      if (below(2) == 0) talk.cancel_after = below(talk.allowance);
      answers.push_back(world->begin(below(2), talk));
    }
    for (unsigned i = 0; i < 16; ++i) {
      const Answer answer = EngineWorld::wait(std::move(answers[i]));
      EXPECT_EQ(answer.text, repeated(std::to_string(i) + " ", answer.tokens)) << seed;
      EXPECT_LE(answer.tokens, answer.granted) << seed;
      EXPECT_EQ(answer.cancelled, !answer.done) << seed;
      if (answer.done) {
        EXPECT_EQ(answer.done->completion_tokens, talks[i].allowance) << seed;
      }
    }
    EXPECT_TRUE(world->comes_to_rest()) << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, EngineContract, ::testing::Values(Way::thread, Way::process),
                         [](const auto& way) { return way.param == Way::thread ? "Thread" : "Process"; });

}  // namespace
}  // namespace gatehouse::testing
