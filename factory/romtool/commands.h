/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands; each returns an exit status (message.h). argv[0] is the command's name. */
#ifndef ROMTOOL_COMMANDS_H
#define ROMTOOL_COMMANDS_H

int command_pack(int argc, char **argv);
int command_stamp(int argc, char **argv);
int command_set(int argc, char **argv);
int command_lint(int argc, char **argv);
int command_list(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_split(int argc, char **argv);
int command_pad(int argc, char **argv);
int command_diff(int argc, char **argv);

#endif
