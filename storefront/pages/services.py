"""How pages are moderated: who writes submits, who moderates publishes."""

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.db import transaction
from wagtail.models import GroupApprovalTask, Page, Workflow, WorkflowPage, WorkflowTask

WORKFLOW, TASK = "审核后发布", "内容审核"
# What Wagtail's own migration leaves on the root: its groups have nobody of ours.
WAGTAILS_OWN = "Moderators approval"


@transaction.atomic
def seed_moderation(approvers: Iterable[Group]) -> Workflow:
    """Have every page pass through one approval, by a member of one of these groups.

    A workflow that staff put on the root themselves stays there.
    """
    workflow, _ = Workflow.objects.get_or_create(name=WORKFLOW)
    task = GroupApprovalTask.objects.filter(name=TASK).first()
    if task is None:
        task = GroupApprovalTask.objects.create(name=TASK)
    task.groups.set(approvers)
    WorkflowTask.objects.get_or_create(workflow=workflow, task=task, defaults={"sort_order": 0})
    root = Page.get_first_root_node()
    placed = WorkflowPage.objects.filter(page=root).select_related("workflow").first()
    if placed is None:
        WorkflowPage.objects.create(page=root, workflow=workflow)
    elif placed.workflow.name == WAGTAILS_OWN:
        placed.workflow = workflow
        placed.save()
    return workflow
