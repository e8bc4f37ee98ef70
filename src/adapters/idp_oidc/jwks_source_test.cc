// When a source looks, what it takes, and what it keeps.
#include "gatehouse/adapters/idp_oidc/jwks_source.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "gatehouse/base/fake_clock.h"
#include "key_set_reader.h"
#include "test_issuer.h"

namespace gatehouse::adapters {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::ElementsAre;

Error broken(std::string_view reason) { return operator_error(reason, "it does not work"); }

// Answers what it is told to, again and again; may be held up in the middle.
struct ScriptedReader final : KeySetReader {
  explicit ScriptedReader(Reactor& reactor) : go(reactor) {}
  Task<Result<KeySetText>> read() override {
    ++reads;
    while (held && !given_up) co_await go.wait();
    if (given_up) co_return broken("given_up");
    co_return answer;
  }
  void give_up() override {
    given_up = true;
    go.raise();
  }
  RetryPauses pauses() const override { return {}; }
  void says(const std::string& text, seconds fresh_for = minutes(10)) { answer = KeySetText(text, fresh_for); }

  Signal go;
  Result<KeySetText> answer = broken("no_answer");
  int reads = 0;
  bool held = false, given_up = false;
};

struct JwksSourceTest : testing::Test {
  JwksSourceTest() {
    auto made = std::make_unique<ScriptedReader>(reactor);
    reader = made.get();
    JwksOrigin origin;
    origin.issuer = "an issuer";
    origin.algorithms = wire::JwsAlgorithms::all();  // secrets stay out all the same
    source = std::make_unique<JwksSource>(reactor, files, origin, std::move(made));
    source->follow([this](const identity::KeySource::Keys& keys) { heard.push_back(keys); });
  }
  void TearDown() override {
    bool stopped = false;
    reactor.spawn(stop_source(*source, stopped));
    EXPECT_TRUE(until([&] { return stopped; }));
  }
  template <class F>
  [[nodiscard]] bool until(F condition) {
    const auto patience = std::chrono::steady_clock::now() + seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > patience) return false;
      if (reactor.context().poll() == 0) reactor.context().run_one_for(milliseconds(1));
    }
    return true;
  }
  // A look that has begun is over: what it reads is parsed on another thread.
  void settle() {
    reactor.context().poll();
    files_are_idle();
    reactor.context().poll();
  }
  void files_are_idle() {
    bool done = false;
    reactor.spawn(pass_by(done));
    EXPECT_TRUE(until([&] { return done; }));
  }
  Task<void> pass_by(bool& done) {
    std::function<int(Worker&)> nothing = [](Worker&) { return 0; };
    auto passing = files.run<int>(reactor, std::move(nothing));
    co_await std::move(passing);
    done = true;
  }
  void pass(nanoseconds time, nanoseconds step = seconds(1)) {
    for (; time > nanoseconds(0); time -= step) {
      clock.advance(std::min(step, time));
      reactor.tick();
      settle();
    }
  }
  void start() {
    source->start();
    settle();
  }

  FakeClock clock;
  Reactor reactor{0, clock};
  WorkerPool files{"files", 1, 16};
  ScriptedReader* reader = nullptr;
  std::unique_ptr<JwksSource> source;
  std::vector<identity::KeySource::Keys> heard;
};

TEST_F(JwksSourceTest, HasNothingBeforeItHasLooked) {
  EXPECT_EQ(source->keys(), nullptr);
  reader->says(jwks_of({"a"}));
  start();
  EXPECT_THAT(kids_of(source->keys()), ElementsAre("a"));
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0], source->keys());
}

TEST_F(JwksSourceTest, LooksAgainWhenTheSetIsNoLongerFreshAndTellsWhatIsNew) {
  reader->says(jwks_of({"a"}));
  start();
  const auto before = source->keys();
  reader->says(jwks_of({"a", "b"}));
  pass(minutes(9));
  EXPECT_EQ(reader->reads, 1);
  EXPECT_EQ(source->keys(), before);
  pass(minutes(1) + seconds(1));
  EXPECT_EQ(reader->reads, 2);
  EXPECT_THAT(kids_of(source->keys()), ElementsAre("a", "b"));
  EXPECT_THAT(kids_of(before), ElementsAre("a"));
  pass(minutes(11));
  EXPECT_EQ(reader->reads, 3);
  EXPECT_EQ(heard.size(), 2U) << "nothing has changed the third time";
}

TEST_F(JwksSourceTest, KeepsWhatItHasWhenALookFailsAndTriesAgainSoon) {
  reader->says(jwks_of({"a"}));
  start();
  for (const std::string& text : {std::string("{"), std::string("{\"keys\":[]}"), std::string("<html></html>"), std::string(70'000, ' ')}) {
    reader->says(text);
    pass(minutes(11));
    EXPECT_THAT(kids_of(source->keys()), ElementsAre("a")) << text.substr(0, 20);
  }
  reader->answer = broken("connection_failed");
  pass(hours(30), minutes(5));
  EXPECT_THAT(kids_of(source->keys()), ElementsAre("a"));
  reader->says(jwks_of({"b"}));
  pass(minutes(5) + seconds(1));
  EXPECT_THAT(kids_of(source->keys()), ElementsAre("b"));
}

TEST_F(JwksSourceTest, GetsThereWhenTheIssuerIsAwayAtTheStart) {
  start();
  EXPECT_EQ(source->keys(), nullptr);
  reader->says(jwks_of({"a"}));
  pass(seconds(6));
  EXPECT_THAT(kids_of(source->keys()), ElementsAre("a"));
}

TEST_F(JwksSourceTest, LooksOnceAMinuteForKeysThatAreMissing) {
  reader->says(jwks_of({"a"}), hours(24));
  start();
  source->missing("b");
  source->missing("c");
  settle();
  EXPECT_EQ(reader->reads, 2);
  for (int i = 0; i < 59; ++i) {
    source->missing("d" + std::to_string(i));
    pass(seconds(1));
  }
  EXPECT_EQ(reader->reads, 2);
  pass(seconds(2));
  reader->says(jwks_of({"a", "e"}), hours(24));
  source->missing("e");
  settle();
  EXPECT_EQ(reader->reads, 3);
  EXPECT_THAT(kids_of(source->keys()), ElementsAre("a", "e"));
}

TEST_F(JwksSourceTest, LooksOneAtATime) {
  reader->says(jwks_of({"a"}), hours(24));
  reader->held = true;
  start();
  source->missing("a");
  settle();
  source->missing("a");
  settle();
  EXPECT_EQ(reader->reads, 1);
  reader->held = false;
  reader->go.raise();
  settle();
  EXPECT_EQ(reader->reads, 1);
  EXPECT_THAT(kids_of(source->keys()), ElementsAre("a"));
  source->missing("b");
  settle();
  EXPECT_EQ(reader->reads, 2) << "the minute begins with a look of its own";
}

TEST_F(JwksSourceTest, LooksAtOnceWhenItIsToldTo) {
  reader->says(jwks_of({"a"}), hours(24));
  start();
  reader->says(jwks_of({"b"}), hours(24));
  source->reload();
  settle();
  EXPECT_THAT(kids_of(source->keys()), ElementsAre("b"));
}

TEST_F(JwksSourceTest, LeavesOutSecretKeys) {
  reader->says(R"({"keys":[{"kty":"oct","kid":"s","k":")" + std::string(43, 'A') + R"("}]})");
  start();
  EXPECT_EQ(source->keys(), nullptr);
  const std::string mixed = jwks_of({"a"});
  reader->says(mixed.substr(0, mixed.size() - 2) + R"(,{"kty":"oct","kid":"s","k":")" + std::string(43, 'A') + R"("}]})");
  pass(seconds(6));
  EXPECT_THAT(kids_of(source->keys()), ElementsAre("a"));
}

TEST_F(JwksSourceTest, StopsInTheMiddleOfALook) {
  reader->held = true;
  start();
  EXPECT_EQ(reader->reads, 1);  // TearDown stops it
}

TEST_F(JwksSourceTest, IsAskedFromOtherThreads) {
  reader->says(jwks_of({"a"}), hours(24));
  start();
  std::atomic<int> seen{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) {
          source->missing("b");
          if (source->keys()) ++seen;
        }
      });
    }
    reader->says(jwks_of({"a", "b"}), hours(24));
    EXPECT_TRUE(until([&] { return seen == 2000 && kids_of(source->keys()).size() == 2; }));
  }
  settle();
  EXPECT_EQ(reader->reads, 2);
}

}  // namespace
}  // namespace gatehouse::adapters
