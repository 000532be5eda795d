# SPDX-License-Identifier: Apache-2.0
# The names that a user links: manta::manta, manta::tune_main, manta::eigen and manta::torch. They are the same after install.

get_property(manta_parts GLOBAL PROPERTY MANTA_LIBRARIES)
list(REMOVE_ITEM manta_parts manta_eigen manta_torch manta_tune_main)

# <manta/manta.h> and everything behind it, but neither main() nor Eigen nor LibTorch.
add_library(manta INTERFACE)
target_include_directories(manta INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/tune/include>
                           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(manta INTERFACE ${manta_parts})
add_library(manta::manta ALIAS manta)

foreach(part tune_main eigen torch)
  if(TARGET manta_${part})
    set_target_properties(manta_${part} PROPERTIES EXPORT_NAME ${part})
    if(NOT TARGET manta::${part})
      add_library(manta::${part} ALIAS manta_${part})
    endif()
  endif()
endforeach()
