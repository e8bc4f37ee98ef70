#include "model_folders.h"

#include <gmock/gmock.h>

#include "test_model_versions.h"

namespace gatehouse::app {
namespace {

using engine::Life;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using What = gateway::ModelOrder::What;

using ModelFoldersTest = ModelVersionsTest;

TEST_F(ModelFoldersTest, AFolderIsTakenUpWhenItStandsStill) {
  put(1);
  begin();
  becomes("1", Life::ready);
  put(2, "go");
  pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("1 ready"));
  put(2, "good");
  pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("1 ready")) << "it has changed meanwhile";
  pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("2 loading", "1 ready"));
}

TEST_F(ModelFoldersTest, WhatIsGoneFromTheFolderGoesWhenAnotherAnswers) {
  put(1), put(2);
  begin();
  becomes("2", Life::ready);
  remove(2);
  pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("2 ready", "1 found")) << "it may be on its way back";
  pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("2 ready", "1 loading"));
  becomes("1", Life::ready);
  EXPECT_EQ(answers(), "1");
  goes("2");
  EXPECT_THAT(seen(), ElementsAre("1 ready"));
  remove(1);
  pass(seconds(6)), pass(seconds(6));
  goes("1");
  EXPECT_THAT(seen(), IsEmpty());
  EXPECT_EQ(answers(), "none");
}

TEST_F(ModelFoldersTest, WhatIsNotThereIsSaid) {
  put(1);
  begin();
  EXPECT_THAT(order(What::load, 7), HasSubstr("has no version 7 in the folders"));
  EXPECT_THAT(order(What::load, {}, "roses"), HasSubstr("NAME/VERSION/"));
  std::filesystem::create_directories(folder_ / "roses" / "1");
  std::ofstream(folder_ / "roses" / "1" / "model.toml") << "kind = ";
  EXPECT_THAT(order(What::load, {}, "roses"), HasSubstr("model.toml"));
}

TEST_F(ModelFoldersTest, WhatRunsGoesOnWhenItsFilesAreChanged) {
  put(1);
  begin();
  becomes("1", Life::ready);
  put(1, "other");
  pass(seconds(6)), pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("1 ready"));
}

TEST_F(ModelFoldersTest, WhatWasChangedWhileItRanIsTakenUpOnceItRests) {
  put(1);
  begin();
  becomes("1", Life::ready);
  const ScriptedEngine* const before = &engine("1");
  put(1, "good and new");
  pass(seconds(6)), pass(seconds(6));
  EXPECT_EQ(&engine("1"), before);
  order(What::unload);
  goes("1");
  EXPECT_THAT(order(What::load), HasSubstr("1 "));
  EXPECT_NE(&engine("1"), before) << "its files are others than those that were read";
  becomes("1", Life::ready);
  EXPECT_THAT(seen(), ElementsAre("1 ready"));
}

}  // namespace
}  // namespace gatehouse::app
