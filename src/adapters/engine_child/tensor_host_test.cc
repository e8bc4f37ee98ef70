// The engine's side of the sockets for a tensor model, as a front sees it that does right and one that does wrong.
#include "gatehouse/adapters/engine_child/tensor_host.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "test_peer.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;

// Says its inputs again; the one called "slow" when it is told to stop, the one called "stubborn" when it is let go.
class EchoModel final : public engine::TensorModel {
 public:
  // computed: counts its calls, and outlives it.
  explicit EchoModel(std::atomic<int>& computed) : computed_(computed) {
    wire::TensorSpec spec;
    spec.name = "X";
    spec.shape = {-1, 1};
    signature_.inputs = signature_.outputs = {spec};
  }
  const w::Signature& signature() const override { return signature_; }
  std::string description() const override { return "echo"; }
  const std::string& plan() const override { return its_plan; }
  Result<w::Inferred> infer(const w::Infer& call, const std::stop_token& stop) override {
    ++computed_;
    if (call.inputs.empty()) return caller_error("invalid_tensor", "The input 'X' is missing");
    if (call.inputs.front().name == "broken") return operator_error("infer_failed", "node 7 of kernel 8");
    if (call.inputs.front().name == "slow") {
      begin();
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [] { return false; });
      return caller_error("cancelled", "The call was cancelled");
    }
    if (call.inputs.front().name == "stubborn") {
      begin();
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return let_go_; });
    }
    w::Inferred answer;
    answer.outputs = call.inputs;
    return answer;
  }
  void await_begun() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return begun_; });
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    let_go_ = true;
    changed_.notify_all();
  }
  std::string its_plan;

 private:
  void begin() {
    const std::lock_guard lock(mutex_);
    begun_ = true;
    changed_.notify_all();
  }
  w::Signature signature_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool begun_ = false, let_go_ = false;
  std::atomic<int>& computed_;
};

class TensorHostTest : public testing::Test {
 protected:
  TensorHostTest() {
    TensorWiring wiring;
    wiring.name = "test";
    const auto peer = [](Fd& host) {
      auto pair = test_socket_pair();
      host = std::move(pair.second);
      return TestPeer(std::move(pair.first), w::Sender::engine);
    };
    control = std::make_unique<TestPeer>(peer(wiring.control));
    link = std::make_unique<TestPeer>(peer(wiring.links.emplace_back()));
    wiring.load = [this](Fd file, const w::LoadTensors& options) -> Result<std::unique_ptr<engine::TensorModel>> {
      if (!file || options.model == "broken") return operator_error("model_broken", "no model in this file");
      auto made = std::make_unique<EchoModel>(computed);
      made->its_plan = options.model == "native" ? "a plan" : "";
      model = made.get();
      return std::unique_ptr<engine::TensorModel>(std::move(made));
    };
    thread =
        std::thread([this, moved = std::make_shared<TensorWiring>(std::move(wiring))] { rc = run_tensor_host(std::move(*moved), clock); });
    EXPECT_EQ(control->expect<w::HelloBack>().engine, "test");
  }
  ~TensorHostTest() override {
    control->hang_up();
    if (thread.joinable()) thread.join();
  }

  void load(const std::string& name, const w::Body* other = nullptr, std::chrono::microseconds patience = std::chrono::microseconds(0)) {
    w::LoadTensors load;
    load.model = name;
    load.queue = 2;
    load.patience_us = static_cast<std::uint64_t>(patience.count());
    std::string bytes;
    w::encode(0, other != nullptr ? *other : w::Body(load), bytes);
    const Fd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
    EXPECT_TRUE(control->send_with(bytes, file.get()));
  }
  void loaded(std::chrono::microseconds patience = std::chrono::microseconds(0)) {
    load("echo", nullptr, patience);
    EXPECT_EQ(control->expect<w::Signature>().inputs.size(), 1U);
    EXPECT_EQ(control->expect<w::State>().state, w::ModelState::ready);
  }
  static w::Infer call(const std::string& name) {
    w::Infer made;
    wire::Tensor& tensor = made.inputs.emplace_back();
    tensor.name = name;
    tensor.datatype = wire::Datatype::int8;
    tensor.shape = {3};
    tensor.bytes = "abc";
    return made;
  }
  std::string refusal() { return link->expect<w::Refused>().code; }

  const SystemClock clock;
  EchoModel* model = nullptr;
  std::atomic<int> computed{0};
  std::unique_ptr<TestPeer> control, link;
  std::thread thread;
  int rc = -1;
};

TEST_F(TensorHostTest, TellsItsSignatureAndAnswersCalls) {
  loaded();
  link->send(1, call("X"));
  const auto answer = link->expect<w::Inferred>();
  EXPECT_EQ(answer.outputs, call("X").inputs);
}

TEST_F(TensorHostTest, SaysWhyAModelCannotBeLoaded) {
  load("broken");
  const auto state = control->expect<w::State>();
  EXPECT_EQ(state.state, w::ModelState::failed);
  EXPECT_NE(state.detail.find("no model in this file"), std::string::npos);
}

TEST_F(TensorHostTest, RefusesCallsBeforeThereIsAModel) {
  link->send(1, call("X"));
  EXPECT_EQ(refusal(), "model_not_ready");
}

TEST_F(TensorHostTest, KeepsWhatTheLibrarySaysOfItselfFromCallers) {
  loaded();
  link->send(1, call("broken"));
  const auto refused = link->expect<w::Refused>();
  EXPECT_EQ(refused.code, "infer_failed");
  EXPECT_EQ(refused.text.find("kernel"), std::string::npos);
  link->send(2, w::Infer{});
  EXPECT_EQ(link->expect<w::Refused>().text, "The input 'X' is missing");
}

TEST_F(TensorHostTest, BoundsItsQueueAndAnswersWhatIsCancelled) {
  loaded();
  link->send(1, call("slow"));
  model->await_begun();
  link->send(2, call("X"));
  link->send(3, call("X"));
  link->send(4, call("X"));
  EXPECT_EQ(refusal(), "engine_queue_full");
  control->send(0, w::Stats{});
  const auto state = control->expect<w::State>();
  EXPECT_EQ(state.queued, 2U);
  EXPECT_EQ(state.jobs, 3U);
  EXPECT_GT(state.step_us, 0U);
  link->send(3, w::Cancel{});
  EXPECT_EQ(refusal(), "cancelled");
  link->send(1, w::Cancel{});
  EXPECT_EQ(refusal(), "cancelled");
  EXPECT_EQ(link->expect<w::Inferred>().outputs.size(), 1U);
}

TEST_F(TensorHostTest, SendsWhatCanBeComputedWithoutItBehindTheSignature) {
  load("native");
  control->expect<w::Signature>();
  EXPECT_EQ(control->expect<w::Native>().plan, "a plan");
  EXPECT_EQ(control->expect<w::State>().state, w::ModelState::ready);
}

TEST_F(TensorHostTest, RefusesWhatTakesTooLongAndGoesOn) {
  loaded(std::chrono::microseconds(1));
  link->send(1, call("slow"));
  model->await_begun();
  std::optional<w::Frame> answer;
  while (!answer) {  // it is seen to when the front asks how it is
    control->send(0, w::Stats{});
    control->expect<w::State>();
    answer = link->poll();
  }
  EXPECT_EQ(answer->job, 1U);
  EXPECT_EQ(std::get<w::Refused>(answer->body).code, "call_too_long");
  link->send(2, call("X"));
  EXPECT_EQ(link->expect<w::Inferred>().outputs.size(), 1U) << "the other call";
  EXPECT_FALSE(link->poll()) << "one answer each";
}

TEST_F(TensorHostTest, ComputesTogetherWhatComesTogether) {
  w::LoadTensors together;
  together.model = "together";
  together.queue = 256;
  together.batch_us = 60'000'000;
  const w::Body body = together;
  load("", &body);
  control->expect<w::Signature>();
  control->expect<w::State>();
  const auto row = [](std::uint64_t tenant) {
    w::Infer made = call("X");
    made.tenant = tenant;
    made.inputs.front().shape = {3, 1};
    return made;
  };
  for (std::uint64_t job = 1; job <= 64; ++job) link->send(job, row(job % 3));
  for (int i = 0; i < 64; ++i) {
    const auto frame = link->next();
    ASSERT_TRUE(frame);
    EXPECT_EQ(std::get<w::Inferred>(frame->body).outputs, row(0).inputs);
  }
  EXPECT_EQ(computed, 1) << "as many as may be computed at a time";
}

TEST_F(TensorHostTest, AnswersOnceForWhatDoesNotStop) {
  loaded(std::chrono::microseconds(1));
  link->send(1, call("stubborn"));
  model->await_begun();
  control->send(0, w::Stats{});
  control->expect<w::State>();
  EXPECT_EQ(refusal(), "call_too_long");
  link->send(1, w::Cancel{});
  model->let_go();
  link->send(2, call("X"));
  const auto next = link->next();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->job, 2U) << "nobody waits for what came of the first";
}

TEST_F(TensorHostTest, WaitsForAFrontThatReadsSlowlyHoweverLargeItsAnswersAre) {
  loaded();
  constexpr std::size_t large = std::size_t{40} * 1024 * 1024;
  w::Infer heavy = call("X");
  heavy.inputs.front().shape = {static_cast<std::int64_t>(large)};
  heavy.inputs.front().bytes.assign(large, 'x');
  link->send(1, heavy);
  link->send(2, heavy);
  w::State state;
  while (state.steps < 2) {  // both are computed before the front reads a byte
    control->send(0, w::Stats{});
    state = control->expect<w::State>();
  }
  for (int i = 0; i < 2; ++i) EXPECT_EQ(link->expect<w::Inferred>().outputs.front().bytes.size(), large);
}

TEST_F(TensorHostTest, TellsWhoHadToGiveWayWhereTheQueueIsFull) {
  loaded();
  const auto of_tenant = [](std::uint64_t tenant) {
    w::Infer made = call("X");
    made.tenant = tenant;
    return made;
  };
  link->send(1, call("slow"));
  model->await_begun();
  link->send(2, of_tenant(1));
  link->send(3, of_tenant(1));
  link->send(4, of_tenant(2));
  const auto refused = link->next();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->job, 3U);
  EXPECT_EQ(std::get<w::Refused>(refused->body).code, "engine_queue_full");
  link->send(1, w::Cancel{});
}

TEST_F(TensorHostTest, EndsWhenTheFrontSendsWhatIsForLanguageModels) {
  loaded();
  link->send(1, w::Prepare{});
  EXPECT_TRUE(link->at_end());
  thread.join();
  EXPECT_EQ(rc, 1);
}

TEST_F(TensorHostTest, EndsWhenItIsToLoadALanguageModel) {
  const w::Body language = w::Load{};
  load("", &language);
  EXPECT_TRUE(control->at_end());
  thread.join();
  EXPECT_EQ(rc, 1);
}

}  // namespace
}  // namespace gatehouse::adapters
