// The engine's side of the sockets for a tensor model, as a front sees it that does right and one that does wrong.
#include "gatehouse/adapters/engine_child/tensor_host.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "test_peer.h"

namespace gatehouse::adapters {
namespace {

namespace w = wire::engine;

// Says its inputs again; the one called "slow" when it is let go or cut short.
class EchoModel final : public engine::TensorModel {
 public:
  EchoModel() {
    wire::TensorSpec spec;
    spec.name = "X";
    spec.shape = {-1, 1};
    signature_.inputs = signature_.outputs = {spec};
  }
  const w::Signature& signature() const override { return signature_; }
  std::string description() const override { return "echo"; }
  Result<w::Inferred> infer(const w::Infer& call) override {
    if (call.inputs.empty()) return caller_error("invalid_tensor", "The input 'X' is missing");
    if (call.inputs.front().name == "broken") return operator_error("infer_failed", "node 7 of kernel 8");
    if (call.inputs.front().name == "slow") {
      std::unique_lock lock(mutex_);
      begun_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return cut_; });
      cut_ = false;
      return caller_error("cancelled", "The call was cancelled");
    }
    w::Inferred answer;
    answer.outputs = call.inputs;
    return answer;
  }
  void cut_short() override {
    const std::lock_guard lock(mutex_);
    cut_ = true;
    changed_.notify_all();
  }
  void await_slow() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return begun_; });
  }

 private:
  w::Signature signature_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool begun_ = false, cut_ = false;
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
      auto made = std::make_unique<EchoModel>();
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

  void load(const std::string& name, const w::Body* other = nullptr) {
    w::LoadTensors load;
    load.model = name;
    load.queue = 2;
    std::string bytes;
    w::encode(0, other != nullptr ? *other : w::Body(load), bytes);
    const Fd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
    EXPECT_TRUE(control->send_with(bytes, file.get()));
  }
  void loaded() {
    load("echo");
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
  model->await_slow();
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
