// app/test_model_versions.h — for tests: a folder of models that the test writes into, what is made of it, and engines that the test plays.
#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gatehouse/base/fake_clock.h"
#include "model_folders.h"
#include "model_versions.h"

namespace gatehouse::app {

// Does what it is told when the test says so.
class ScriptedEngine final : public engine::TensorEngine {
 public:
  Result<std::unique_ptr<engine::TensorCall>> infer(Reactor&, const wire::engine::Infer&) override { return internal_error("x", "x"); }
  std::shared_ptr<const wire::engine::Signature> signature() const override { return nullptr; }
  Task<Status> until_ready(Reactor&, Instant) override { co_return ok(); }
  bool comes_soon(Reactor&) override { return false; }
  bool available() const override { return life_ == engine::Life::ready; }
  engine::Life life() const override { return life_; }
  void load() override { life_ = engine::Life::loading, ++loads_; }
  void unload() override { told_to_go_ = true; }
  wire::engine::State state() const override { return {}; }

  engine::Life life_ = engine::Life::loading;
  int loads_ = 0;
  bool started_ = false, told_to_go_ = false;
};

class ModelVersionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-versions-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    folders_.reset();
    versions_.reset();
    std::filesystem::remove_all(folder_);
  }

  // file: what is in it; the manifest wants "good".
  void put(int version, const std::string& file = "good") {
    const std::filesystem::path home = folder_ / "flowers" / std::to_string(version);
    std::filesystem::create_directories(home);
    std::ofstream(home / "model.onnx") << file;
    std::ofstream(home / "model.toml") << "kind = \"trees\"\n[[files]]\npath = \"model.onnx\"\nsha256 = \"" << std::string(64, 'a')
                                       << "\"\n";
  }
  void remove(int version) { std::filesystem::remove_all(folder_ / "flowers" / std::to_string(version)); }

  void begin(std::uint32_t newest = 1) {
    ModelVersions::Parts parts;
    parts.check = [](const model::Entry& entry) -> Status {
      std::ifstream in(entry.folder / "model.onnx");
      std::string said;
      in >> said;
      return said == "good" ? ok() : Status(operator_error("model_file_changed", "it is not whole"));
    };
    parts.prepare = [this](const model::Entry& entry) {
      ModelVersions::Prepared prepared;
      ScriptedEngine& engine = *engines_.emplace_back(std::make_unique<ScriptedEngine>());
      prepared.served.name = entry.name;
      prepared.served.version = std::to_string(entry.version);
      prepared.served.tensors = &engine;
      prepared.start = [&engine] { engine.started_ = true; };
      return prepared;
    };
    parts.behind_reactors = [this](std::function<void()> then) { control_.post(std::move(then)); };
    parts.newest = newest;
    parts.end_engine = [this](const engine::TensorEngine& engine) {
      ended_ += static_cast<int>(std::erase_if(engines_, [&engine](const auto& one) { return one.get() == &engine; }));
    };
    versions_ = std::make_unique<ModelVersions>(control_, files_, models_, std::move(parts));
    ModelFolders::Parts folders{{folder_}, seconds(5)};
    folders_ = std::make_unique<ModelFolders>(control_, files_, *versions_, std::move(folders));
    folders_->take_up(model::scan({folder_}));
    folders_->begin();
    let_it_work();
  }
  // What waits for the disk or for a reactor is done.
  void let_it_work() {
    for (int i = 0; i < 20; ++i) {
      std::atomic<bool> through{false};
      while (!files_.post([&](Worker&) { through = true; })) {
      }
      while (!through) std::this_thread::yield();
      control_.context().restart();
      control_.context().poll();
    }
  }
  void pass(nanoseconds time) {
    clock_.advance(time);
    control_.tick();
    let_it_work();
  }
  // What others see, the highest version first.
  std::vector<std::string> seen() const {
    std::vector<std::string> out;
    for (const gateway::ServedModel* model : models_.all())
      out.push_back(model->version + " " + std::string(to_string(model->stand->stage())));
    return out;
  }
  std::string answers() const {
    const gateway::ServedModel* model = models_.named("flowers");
    return model == nullptr ? "none" : model->version;
  }
  ScriptedEngine& engine(const std::string& version) {
    ScriptedEngine* found = nullptr;
    for (const gateway::ServedModel* model : models_.all()) {
      if (model->version == version) found = static_cast<ScriptedEngine*>(model->tensors);
    }
    if (found == nullptr) throw std::out_of_range("no version " + version);
    return *found;
  }
  void becomes(const std::string& version, engine::Life life) {
    engine(version).life_ = life;
    versions_->hear();
    let_it_work();
  }
  void goes(const std::string& version) {
    pass(milliseconds(200));
    ASSERT_TRUE(engine(version).told_to_go_);
    becomes(version, engine::Life::gone);
  }
  std::string order(gateway::ModelOrder::What what, std::optional<std::uint32_t> version = {}, const std::string& name = "flowers") {
    gateway::ModelOrder order;
    order.what = what;
    order.name = name;
    order.version = version;
    std::string told = "nothing";
    folders_->give(order, [&](Result<gateway::ServedModelPtr> about) {
      told = about ? (*about)->version + " " + std::string(to_string((*about)->stand->stage())) : about.error().public_text();
    });
    let_it_work();
    return told;
  }

  FakeClock clock_;
  Reactor control_{0, clock_};
  WorkerPool files_{"files", 1, 16};
  std::filesystem::path folder_;
  std::vector<std::unique_ptr<ScriptedEngine>> engines_;
  int ended_ = 0;
  gateway::ServedModels models_{{}, {.llm = "none"}};
  std::unique_ptr<ModelVersions> versions_;
  std::unique_ptr<ModelFolders> folders_;
};

}  // namespace gatehouse::app
