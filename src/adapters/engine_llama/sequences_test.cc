// Sequences of the real model that share their passes, leave their seats and take up again.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <vector>

#include "gatehouse/adapters/llama_model.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/engine/loop.h"
#include "test_model.h"
#include "test_recorder.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;
using engine::Seat;
using engine::SeatToken;
using engine::Token;

w::Sampling greedy() { return ask("").sampling; }

class LlamaSequencesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    w::Load options;
    options.seats = test_seats;
    options.seat_cells = test_seat_cells;
    ASSERT_TRUE(load_cpu_backends(library_directory()).ok());
    auto loaded = load_llama_model(Fd(::open(test_model_path().c_str(), O_RDONLY | O_CLOEXEC)), options);
    if (loaded) model_ = std::make_unique<engine::LoadedModel>(std::move(*loaded));
  }
  static void TearDownTestSuite() { model_.reset(); }
  void SetUp() override { ASSERT_NE(model_, nullptr) << test_model_advice(); }

  engine::SequenceModel& sequences() { return *model_->sequences; }
  std::vector<Token> tokens(const w::Prepare& prepare) { return model_->compiler->compile(prepare).value(); }
  Status prefill(Seat seat, std::uint32_t position, std::span<const Token> part, bool last) {
    const engine::PromptPart one{seat, position, part, last};
    return sequences().prefill(std::span(&one, 1));
  }
  void seat(Seat seat, const std::vector<Token>& prompt) {
    sequences().open(seat, greedy());
    ASSERT_TRUE(prefill(seat, 0, prompt, true).ok());
  }
  Token next(Seat seat, std::uint32_t position, Token token) {
    const SeatToken one{seat, position, token};
    EXPECT_TRUE(sequences().decode(std::span(&one, 1)).ok());
    return sequences().sample(seat);
  }

  void start(engine::EngineLoop& loop, std::uint64_t job, const w::Prepare& prepare) {
    const engine::JobKey key{0, job};
    EXPECT_TRUE(loop.push(engine::LoopCommand(key, engine::PreparedJob{tokens(prepare), prepare.sampling, {}, prepare.tenant})));
    EXPECT_TRUE(loop.push(engine::LoopCommand(key, w::Start{60})));
    EXPECT_TRUE(loop.push(engine::LoopCommand(key, w::Finish{w::FinishReason::length})));
  }
  std::string alone(const w::Prepare& prepare) {
    const SystemClock clock;
    Recorder recorder;
    engine::EngineLoop loop(sequences(), clock, recorder, engine::LoopOptions());
    start(loop, 0, prepare);
    while (loop.turn()) {
    }
    return recorder.answers[0].text;
  }

  static std::unique_ptr<engine::LoadedModel> model_;
};
std::unique_ptr<engine::LoadedModel> LlamaSequencesTest::model_;

TEST_F(LlamaSequencesTest, ComputesSeveralPromptsInOneCallAsOneByOne) {
  std::vector<std::vector<Token>> prompts;
  for (const char* question : {"What is the capital of Japan?", "Name three rivers in Europe.", "What is the capital of France?"})
    prompts.push_back(tokens(ask(question)));
  std::vector<Token> one_by_one, together;
  for (const auto& prompt : prompts) {
    seat(0, prompt);
    one_by_one.push_back(sequences().sample(0));
    sequences().close(0);
  }
  std::vector<engine::PromptPart> parts;
  for (Seat at = 0; at < prompts.size(); ++at) {
    sequences().open(at, greedy());
    parts.push_back(engine::PromptPart{at, 0, prompts[at], true});
  }
  ASSERT_TRUE(sequences().prefill(parts).ok());
  for (Seat at = 0; at < prompts.size(); ++at) together.push_back(sequences().sample(at));
  EXPECT_EQ(together, one_by_one);
  for (Seat at = 0; at < prompts.size(); ++at) sequences().close(at);
}

TEST_F(LlamaSequencesTest, GoesOnUnchangedAfterItsSeatWasAnothers) {
  const std::vector<Token> prompt = tokens(ask("Tell me a story about a lighthouse.")), other = tokens(ask("Hi"));
  for (const float temperature : {0.0F, 1.0F}) {
    w::Sampling sampling;
    sampling.temperature = temperature;
    sampling.seed = 4711;
    const auto run = [&](bool interrupted) {
      std::vector<Token> said;
      Seat at = 0;
      sequences().open(at, sampling);
      // Half of the prompt, then an interruption; and others between its tokens.
      const std::span<const Token> all(prompt);
      EXPECT_TRUE(prefill(at, 0, all.first(10), false).ok());
      const auto interrupt = [&] {
        auto saved = sequences().save(at);
        ASSERT_TRUE(saved.ok());
        EXPECT_GT((*saved)->bytes(), 1000U);
        seat(at, other);
        sequences().sample(at);
        const Seat to = (at + 1) % test_seats;
        ASSERT_TRUE((*saved)->resume(to).ok());
        sequences().close(at);
        at = to;
      };
      if (interrupted) interrupt();
      EXPECT_TRUE(prefill(at, 10, all.subspan(10), true).ok());
      Token token = sequences().sample(at);
      for (std::uint32_t i = 0; i < 24; ++i) {
        said.push_back(token);
        if (interrupted && i % 7 == 3) interrupt();
        token = next(at, static_cast<std::uint32_t>(prompt.size()) + i, token);
      }
      sequences().close(at);
      return said;
    };
    EXPECT_EQ(run(true), run(false)) << "temperature " << temperature;
  }
}

TEST_F(LlamaSequencesTest, BranchesAndKeptStatesGoOnAsIfComputed) {
  const std::vector<Token> prompt = tokens(ask("Tell me a story about a lighthouse.")),
                           other = tokens(ask("Tell me a story about a whale."));
  std::uint32_t common = 0;
  while (prompt[common] == other[common]) ++common;
  const auto says = [&](Seat at, std::uint32_t position) {
    std::vector<Token> said{sequences().sample(at)};
    for (std::uint32_t i = 0; i < 12; ++i) said.push_back(next(at, position + i, said.back()));
    return said;
  };
  const auto rest_of_other = [&](Seat at) {
    EXPECT_TRUE(prefill(at, common, std::span(other).subspan(common), true).ok());
    return says(at, static_cast<std::uint32_t>(other.size()));
  };
  seat(0, other);
  const std::vector<Token> wanted_of_other = says(0, static_cast<std::uint32_t>(other.size()));
  sequences().close(0);

  seat(0, prompt);
  for (const Seat to : {1U, 2U}) sequences().open(to, greedy());
  const std::array<Seat, 2> all{1, 2};
  ASSERT_TRUE(sequences().branch(0, static_cast<std::uint32_t>(prompt.size()), all).ok());
  // All draw from the same row before the next pass.
  const Token first = sequences().sample(0);
  EXPECT_EQ(sequences().sample(1), first);
  EXPECT_EQ(sequences().sample(2), first);
  const auto end = static_cast<std::uint32_t>(prompt.size());
  const Token second = next(0, end, first);
  EXPECT_EQ(next(1, end, first), second);
  sequences().close(2);

  // Of what has gone on meanwhile only the beginning is taken.
  sequences().open(2, greedy());
  const std::array<Seat, 1> one{2};
  ASSERT_TRUE(sequences().branch(0, common, one).ok());
  EXPECT_EQ(rest_of_other(2), wanted_of_other);
  auto kept = sequences().keep(0);
  ASSERT_TRUE(kept.ok());
  for (const Seat at : {0U, 1U, 2U}) sequences().close(at);
  for (int twice = 0; twice < 2; ++twice) {
    sequences().open(3, greedy());
    ASSERT_TRUE((*kept)->restore(3, common).ok());
    EXPECT_EQ(rest_of_other(3), wanted_of_other);
    sequences().close(3);
  }
}

TEST_F(LlamaSequencesTest, ASeatWithNothingComputedMoves) {
  const std::vector<Token> prompt = tokens(ask("What is the capital of France?"));
  seat(0, prompt);
  const Token wanted = sequences().sample(0);
  sequences().close(0);
  sequences().open(1, greedy());
  ASSERT_TRUE(sequences().move(1, 2).ok());
  ASSERT_TRUE(prefill(2, 0, prompt, true).ok());
  EXPECT_EQ(sequences().sample(2), wanted);
  sequences().close(2);
}

TEST_F(LlamaSequencesTest, ATenantWithoutASeatIsAnsweredAndNobodysAnswerChanges) {
  std::vector<w::Prepare> prepares;
  for (const char* question : {"Tell me about the sea.", "Tell me about the moon.", "Tell me about the sun.", "Tell me about the rain.",
                               "Tell me about the wind.", "What is the capital of France?"})
    prepares.push_back(ask(question));
  prepares.back().tenant = 7;
  std::vector<std::string> texts;
  for (const w::Prepare& prepare : prepares) texts.push_back(alone(prepare));

  const SystemClock clock;
  Recorder recorder;
  engine::EngineLoop loop(sequences(), clock, recorder, engine::LoopOptions());
  for (std::uint64_t job = 0; job < 5; ++job) start(loop, job, prepares[job]);
  for (int i = 0; i < 20; ++i) loop.turn();
  start(loop, 5, prepares[5]);
  while (!recorder.answers[5].done) ASSERT_TRUE(loop.turn());
  EXPECT_EQ(loop.counters().given_back, 1U);
  EXPECT_FALSE(recorder.answers[0].done.has_value()) << "it did not wait for one of the others to end";
  while (loop.turn()) {
  }
  for (std::uint64_t job = 0; job < prepares.size(); ++job) EXPECT_EQ(recorder.answers[job].text, texts[job]) << job;
  EXPECT_EQ(loop.counters().saved_bytes, 0U);
}

}  // namespace
}  // namespace gatehouse::adapters
