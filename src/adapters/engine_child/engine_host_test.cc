// The engine's side of the sockets, as a front sees it that does right and one that does wrong.
#include "gatehouse/adapters/engine_child/engine_host.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <thread>

#include "gatehouse/engine/scripted_model.h"
#include "test_peer.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;

// A host on a thread, with two links; the test is the front.
class EngineHostTest : public testing::Test {
 protected:
  EngineHostTest() {
    HostWiring wiring;
    wiring.name = "test";
    const auto peer = [](Fd& host) {
      auto pair = test_socket_pair();
      host = std::move(pair.second);
      return TestPeer(std::move(pair.first), w::Sender::engine);
    };
    control = std::make_unique<TestPeer>(peer(wiring.control));
    for (int i = 0; i < 2; ++i) links.push_back(peer(wiring.links.emplace_back()));
    wiring.load = [this](Fd file, const w::Load& options) -> Result<engine::LoadedModel> {
      if (!file || options.model == "broken") return operator_error("model_broken", "no model in this file");
      engine::ScriptedOptions scripted;
      scripted.seats = options.seats;
      scripted.seat_cells = options.seat_cells;
      return engine::scripted_model(scripted, &trace);
    };
    thread =
        std::thread([this, moved = std::make_shared<HostWiring>(std::move(wiring))] { rc = run_engine_host(std::move(*moved), clock); });
    EXPECT_EQ(control->expect<w::HelloBack>().engine, "test");
  }
  ~EngineHostTest() override {
    control->hang_up();
    if (thread.joinable()) thread.join();
  }

  void load(const std::string& model = "scripted", std::uint32_t cells = 64, bool rehearse = true) {
    w::Load load;
    load.rehearse = rehearse;
    load.model = model;
    load.seats = 2;
    load.seat_cells = cells;
    load.queue = 2;
    std::string bytes;
    w::encode(0, load, bytes);
    const Fd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
    EXPECT_TRUE(control->send_with(bytes, file.get()));
  }
  void loaded() {
    load();
    const auto state = control->expect<w::State>();
    EXPECT_EQ(state.state, w::ModelState::ready);
    EXPECT_EQ(state.seats, 2U);
    EXPECT_EQ(state.seat_cells, 64U);
  }
  static w::Prepare prompt(std::string text) {
    w::Prepare prepare;
    prepare.chat = false;
    prepare.prompt = std::move(text);
    return prepare;
  }
  int ended() {
    thread.join();
    return rc;
  }

  const SystemClock clock;
  engine::ScriptedTrace trace;
  std::unique_ptr<TestPeer> control;
  std::vector<TestPeer> links;
  std::thread thread;
  int rc = -1;
};

TEST_F(EngineHostTest, AnswersAJobOnTheLinkItCameBy) {
  loaded();
  for (TestPeer& link : links) EXPECT_TRUE(link.send(1, prompt(&link == &links[0] ? "say:left" : "say:right")));
  for (TestPeer& link : links) {
    EXPECT_EQ(link.expect<w::Prepared>().seat_cells, 64U);
    EXPECT_TRUE(link.send(1, w::Start{20}));
    std::string text;
    std::optional<w::Frame> frame;
    for (frame = link.next(); frame && std::holds_alternative<w::TokenBatch>(frame->body); frame = link.next()) {
      for (const w::TokenEvent& event : std::get<w::TokenBatch>(frame->body).events) text += event.text;
    }
    EXPECT_EQ(text, &link == &links[0] ? "left" : "right");
    ASSERT_TRUE(frame);
    EXPECT_EQ(std::get<w::Done>(frame->body).reason, w::FinishReason::stop);
  }
}

TEST_F(EngineHostTest, RefusesPromptsBeforeThereIsAModel) {
  EXPECT_TRUE(links[0].send(1, prompt("say:x")));
  EXPECT_EQ(links[0].expect<w::Refused>().code, "model_not_ready");
  EXPECT_TRUE(links[0].send(1, w::Cancel{}));
  EXPECT_TRUE(control->send(0, w::Stats{}));
  EXPECT_EQ(control->expect<w::State>().state, w::ModelState::empty) << "it goes on";
}

TEST_F(EngineHostTest, RefusesWhatItCannotTake) {
  loaded();
  EXPECT_TRUE(links[0].send(1, prompt("template:broken")));
  EXPECT_EQ(links[0].expect<w::Refused>().code, "template_failed");
  EXPECT_TRUE(links[0].send(2, prompt(std::string(65, 'x'))));
  EXPECT_EQ(links[0].expect<w::Refused>().code, "context_length_exceeded");
  for (std::uint64_t job = 3; job < 7; ++job) {  // 2 seats and a queue of 2
    EXPECT_TRUE(links[0].send(job, prompt("say:x")));
    links[0].expect<w::Prepared>();
  }
  EXPECT_TRUE(links[1].send(7, prompt("say:x")));
  EXPECT_EQ(links[1].expect<w::Refused>().code, "engine_queue_full");
}

TEST_F(EngineHostTest, StatsSayWhatIsThere) {
  loaded();
  EXPECT_TRUE(links[0].send(1, prompt("loop:x")));
  links[0].expect<w::Prepared>();
  EXPECT_TRUE(links[0].send(1, w::Start{1}));
  EXPECT_TRUE(links[0].expect<w::TokenBatch>().events.at(0).waiting);
  w::State state;
  do {  // the counters are written behind the frame
    EXPECT_TRUE(control->send(0, w::Stats{}));
    state = control->expect<w::State>();
  } while (state.kv_cells < 6 && !HasFailure());
  EXPECT_EQ(state.jobs, 1U);
  EXPECT_EQ(state.sequences, 1U);
  EXPECT_EQ(state.kv_cells, 6U);
  EXPECT_EQ(state.queued, 0U);
}

TEST_F(EngineHostTest, AModelThatDoesNotLoadIsToldWithTheReason) {
  load("broken");
  const auto state = control->expect<w::State>();
  EXPECT_EQ(state.state, w::ModelState::failed);
  EXPECT_NE(state.detail.find("no model in this file"), std::string::npos);
  control->hang_up();
  EXPECT_EQ(ended(), 0);
}

TEST_F(EngineHostTest, EndsWellWhenTheFrontHangsUp) {
  load("scripted", 1U << 30);
  control->expect<w::State>();
  EXPECT_TRUE(links[0].send(1, prompt("loop:x")));
  links[0].expect<w::Prepared>();
  EXPECT_TRUE(links[0].send(1, w::Start{1U << 30}));
  links[0].expect<w::TokenBatch>();
  control->hang_up();
  EXPECT_EQ(ended(), 0);
  EXPECT_EQ(trace.open_seats, 1U) << "it was in the middle of an answer";
}

TEST_F(EngineHostTest, OneLinkThatHangsUpEndsItToo) {
  loaded();
  links[1].hang_up();
  EXPECT_EQ(ended(), 0);
  EXPECT_TRUE(control->at_end());
  EXPECT_TRUE(links[0].at_end());
}

TEST_F(EngineHostTest, UnloadEndsIt) {
  loaded();
  EXPECT_TRUE(control->send(0, w::Unload{}));
  EXPECT_EQ(ended(), 0);
}

TEST_F(EngineHostTest, HangingUpWhileItLoadsEndsIt) {
  load();
  control->hang_up();
  EXPECT_EQ(ended(), 0);
}

TEST_F(EngineHostTest, EndsAtBytesThatAreNoFrame) {
  EXPECT_TRUE(links[0].send_bytes(std::string(64, '\xFF')));
  EXPECT_EQ(ended(), 1);
}

TEST_F(EngineHostTest, EndsAtASecondModel) {
  loaded();
  load();
  EXPECT_EQ(ended(), 1);
}

TEST_F(EngineHostTest, LearnsWhatItsStepsTakeBeforeItIsReady) {
  load("scripted", 128);
  EXPECT_EQ(control->expect<w::State>().state, w::ModelState::ready);
  EXPECT_GT(trace.decode_passes, 0U);
}

TEST_F(EngineHostTest, WhereSomebodyWaitsItIsReadyAtOnce) {
  load("scripted", 128, false);
  EXPECT_EQ(control->expect<w::State>().state, w::ModelState::ready);
  EXPECT_EQ(trace.decode_passes + trace.prefill_passes, 0U);
  EXPECT_TRUE(links[0].send(1, prompt("say:x")));
  links[0].expect<w::Prepared>();
  EXPECT_TRUE(links[0].send(1, w::Start{8}));
  links[0].expect<w::TokenBatch>();
  EXPECT_GT(trace.prefill_passes, 0U);
}

TEST_F(EngineHostTest, EndsAtAModelWithoutAFile) {
  EXPECT_TRUE(control->send(0, w::Load{}));
  EXPECT_EQ(ended(), 1);
}

TEST_F(EngineHostTest, EndsAtJobsOnTheControlSocket) {
  loaded();
  EXPECT_TRUE(control->send(1, prompt("say:x")));
  EXPECT_EQ(ended(), 1);
}

TEST_F(EngineHostTest, EndsAtControlFramesOnALink) {
  loaded();
  EXPECT_TRUE(links[0].send(0, w::Stats{}));
  EXPECT_EQ(ended(), 1);
}

}  // namespace
}  // namespace gatehouse::adapters
