#include "engine_world.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "scripted_child.h"

namespace gatehouse::testing {

namespace w = wire::engine;

// Either way; of a host on a thread it remembers the control socket, so that a test can cut it off.
class EngineWorld::Spawner final : public adapters::EngineSpawner {
 public:
  Spawner(Way way, const Clock& clock) : way_(way), process_("/proc/self/exe", {"engine"}), thread_(load_scripted, clock) {}
  Result<std::unique_ptr<adapters::EngineProcess>> spawn(Fd control, std::vector<Fd> links) override {
    if (way_ == Way::process) return process_.spawn(std::move(control), std::move(links));
    control_ = control.get();
    return thread_.spawn(std::move(control), std::move(links));
  }
  void cut_off_thread() { shutdown(control_, SHUT_RDWR); }

 private:
  const Way way_;
  adapters::ProcessSpawner process_;
  adapters::ThreadSpawner thread_;
  std::atomic<int> control_{-1};
};

namespace {

Result<Fd> model_file() {
  Fd file(memfd_create("model", MFD_CLOEXEC));
  if (!file || write(file.get(), "model", 5) != 5) return operator_error("model_file_missing", "no memory file");
  return file;
}

void give_grant(engine::Job& job, const Talk& talk) {
  const std::uint32_t left = talk.allowance - job.granted();
  const std::uint32_t more = std::min(left, talk.block);
  if (more == 0) return;
  if (job.started()) {
    job.grant(Tokens(more));
  } else {
    job.start(Tokens(more));
  }
  if (more == left) job.finish(w::FinishReason::length);
}

void take_news(engine::Job& job, Talk& talk, Answer& answer) {
  engine::JobNews news = job.take();
  answer.tokens += news.tokens;
  for (const engine::ChoiceNews& one : news.choices) answer.text += one.text;
  answer.pieces += news.tokens > 0 ? 1 : 0;
  answer.lost = news.lost;
  answer.refused = std::move(news.refused);
  answer.done = std::move(news.done);
  if (news.prepared) answer.prepared = news.prepared;
  if (news.tokens > 0 && talk.begun) std::exchange(talk.begun, nullptr)->set_value();
  answer.cancelled = !answer.over() && talk.cancel_after && answer.tokens >= *talk.cancel_after && answer.prepared;
  if (answer.over()) return;
  if (news.prepared || news.asks_ahead || news.waiting) give_grant(job, talk);
}

Task<void> converse(Reactor& reactor, engine::Engine& engine, Talk talk, std::shared_ptr<std::promise<Answer>> told) {
  Answer answer;
  w::Prepare prompt;
  prompt.chat = false;
  prompt.prompt = talk.prompt;
  prompt.stops = talk.stops;
  Result<std::unique_ptr<engine::Job>> made = engine.prepare(reactor, prompt);
  if (made) {
    std::unique_ptr<engine::Job> job = std::move(*made);
    while (!answer.over()) {
      co_await job->wait();
      take_news(*job, talk, answer);
    }
    answer.granted = job->granted();
    job.reset();  // cancels, where it is not done
  } else {
    answer.error = made.error().reason();
  }
  told->set_value(std::move(answer));
}

Task<void> wait_ready(Reactor& reactor, engine::Engine& engine, nanoseconds patience, std::shared_ptr<std::promise<std::string>> told) {
  Status ready = co_await engine.until_ready(reactor, reactor.clock().now() + patience);
  told->set_value(ready ? "ready" : std::string(ready.error().reason()));
}

Task<void> stop_engine(adapters::ChildEngine& engine, std::shared_ptr<std::promise<void>> told) {
  co_await engine.stop();
  told->set_value();
}

}  // namespace

EngineWorld::EngineWorld(Way way, WorldOptions options) : spawner_(std::make_unique<Spawner>(way, clock_)) {
  adapters::ChildEngineOptions child;
  child.load.model = options.model;
  child.load.seats = options.seats;
  child.load.seat_cells = options.seat_cells;
  child.load.queue = options.queue;
  child.load_patience = options.load_patience;
  child.hang_patience = options.hang_patience;
  child.open_model = [this] {
    ++opened_;
    return model_file();
  };
  child.on_state = [this](const w::State&, const std::string&) { wake_.notify_all(); };
  engine_ = std::make_unique<adapters::ChildEngine>(control_, reactors_.all(), files_, *spawner_, std::move(child));
  reactors_.start();
  control_.post([this] { engine_->start(); });
  control_thread_ = std::thread([this] { control_.run(); });
}

EngineWorld::~EngineWorld() {
  if (!stopped_) stop();
  control_.stop();
  control_thread_.join();
  reactors_.stop();
}

std::future<Answer> EngineWorld::begin(std::size_t i, Talk talk) {
  auto told = std::make_shared<std::promise<Answer>>();
  auto future = told->get_future();
  reactor(i).post([this, i, talk = std::move(talk), told] { reactor(i).spawn(converse(reactor(i), *engine_, talk, told)); });
  return future;
}

std::future<std::string> EngineWorld::begin_until_ready(std::size_t i, nanoseconds patience) {
  auto told = std::make_shared<std::promise<std::string>>();
  auto future = told->get_future();
  reactor(i).post([this, i, patience, told] { reactor(i).spawn(wait_ready(reactor(i), *engine_, patience, told)); });
  return future;
}

void EngineWorld::kill() {
  const pid_t pid = engine_->child_pid();
  if (pid == 0) return spawner_->cut_off_thread();
  EXPECT_EQ(::kill(pid, SIGKILL), 0);
}

void EngineWorld::freeze() { EXPECT_EQ(::kill(engine_->child_pid(), SIGSTOP), 0); }

void EngineWorld::stop() {
  stopped_ = true;
  auto told = std::make_shared<std::promise<void>>();
  auto future = told->get_future();
  control_.post([this, told] { control_.spawn(stop_engine(*engine_, told)); });
  wait(std::move(future));
}

}  // namespace gatehouse::testing
